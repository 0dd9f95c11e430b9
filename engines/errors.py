"""The errors of the house: each says in one line what happened and what to do about it."""

from __future__ import annotations


class TwinMirrorError(Exception):
    """Base of all errors that a user can act on; its text is one line, fit for a terminal or a screen."""


class ModelUnavailableError(TwinMirrorError):
    """A network's file is missing, damaged or cannot be fetched."""


class EngineFaultError(TwinMirrorError):
    """A device failed, or did not answer, while a network ran on it."""


class BadImageError(TwinMirrorError):
    """A picture cannot be read: empty, truncated, hostile, too small or too large."""


class NoPersonError(TwinMirrorError):
    """No usable person in the picture."""


class EstimatorError(TwinMirrorError):
    """The pose estimator cannot be started, has crashed too often or does not answer."""


class GarmentPhotoError(TwinMirrorError):
    """A product photo is unfit; the text says what to photograph instead."""


class UnsupportedCategoryError(TwinMirrorError):
    """A garment category that is not offered yet, refused by name."""
