"""Mended faults of ministack 1.4.21; a later release is tried without them first."""
