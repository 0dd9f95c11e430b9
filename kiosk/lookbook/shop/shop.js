// A demo shop: reads manifest.json and shows each look on the twin that the visitor chose, which only their browser keeps.
"use strict";

const WORDS = {
  en: { choose: "Show the clothes on", notice: "All pictures are AI images: real garments on licensed digital twins. Each file carries Content Credentials.", title: "Lookbook", age: "age {age}" },
  de: { choose: "Kleidung zeigen an", notice: "Alle Bilder sind KI-Bilder: echte Kleidung an lizenzierten digitalen Zwillingen. Jede Datei trägt Content Credentials.", title: "Lookbook", age: "{age} Jahre" },
  fr: { choose: "Montrer les vêtements sur", notice: "Toutes les images sont des images IA : de vrais vêtements sur des jumeaux numériques sous licence. Chaque fichier porte des Content Credentials.", title: "Lookbook", age: "{age} ans" },
  es: { choose: "Mostrar la ropa en", notice: "Todas las imágenes son de IA: prendas reales sobre gemelos digitales con licencia. Cada archivo lleva Content Credentials.", title: "Lookbook", age: "{age} años" },
  ar: { choose: "عرض الملابس على", notice: "كل الصور مُنشأة بالذكاء الاصطناعي: ملابس حقيقية على توائم رقمية مرخّصة. يحمل كل ملف بيانات اعتماد المحتوى.", title: "كتالوج", age: "العمر {age}" },
  zh: { choose: "选择展示者", notice: "所有图片均为 AI 图像：真实服装，由获授权的数字分身展示。每个文件都带有内容凭证。", title: "画册", age: "{age} 岁" },
};
const asked = new URLSearchParams(location.search).get("lang") || navigator.language.slice(0, 2);
const language = asked in WORDS ? asked : "en";
const words = WORDS[language];

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

function picture(entry) {
  if (entry.kind === "loop") {
    const video = element("video", { src: entry.file, muted: true, loop: true, playsInline: true, preload: "none", controls: true, width: entry.width, height: entry.height });
    video.setAttribute("aria-label", entry.alt[language]);
    return video;
  }
  const sizes = "(max-width: 520px) 46vw, (max-width: 700px) 92vw, 360px";
  const sources = entry.sources.map(({ type, srcset }) => element("source", { type, srcset, sizes }));
  const image = element("img", { alt: entry.alt[language], width: entry.width, height: entry.height, loading: "lazy", decoding: "async", src: entry.fallback });
  return element("picture", {}, ...sources, image);
}

function show(manifest, twin) {
  const shown = manifest.looks.filter((look) => look.pictures[twin]);
  document.getElementById("looks").replaceChildren(...shown.map((look) => {
    const poses = look.pictures[twin];
    const strip = element("div", { className: "poses", tabIndex: 0 }, ...poses.map(picture));
    strip.setAttribute("role", "group");
    strip.setAttribute("aria-label", look.title);
    const credit = element("p", { className: "credit", textContent: poses[0].credit });
    return element("article", {}, strip, element("h2", { textContent: look.title }), credit);
  }));
  document.documentElement.dataset.twin = twin;
}

function remembered(twins) {
  const kept = localStorage.getItem("twin");
  return twins.some((twin) => twin.id === kept) ? kept : twins[0].id;
}

async function start() {
  document.documentElement.lang = language;
  document.documentElement.dir = language === "ar" ? "rtl" : "ltr";
  const manifest = await (await fetch("manifest.json")).json();
  document.title = `${words.title}: ${manifest.set}`;
  document.getElementById("title").textContent = document.title;
  document.getElementById("legend").textContent = words.choose;
  document.getElementById("notice").textContent = words.notice;
  const chosen = remembered(manifest.twins);
  document.getElementById("twins").append(...manifest.twins.map((twin) => {
    const input = element("input", { type: "radio", name: "twin", value: twin.id, checked: twin.id === chosen });
    input.addEventListener("change", () => {
      localStorage.setItem("twin", twin.id);
      show(manifest, twin.id);
    });
    const about = element("small", { textContent: words.age.replace("{age}", twin.age) });
    return element("label", {}, input, element("span", {}, twin.name, about));
  }));
  show(manifest, chosen);
}

start();
