"""Pictures without a shoot: garments on licensed twins, in sets that a photographer wrote down."""
