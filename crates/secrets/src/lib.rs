//! Values that are never shown: sealed at rest, opened by reference (`secret://name`).
