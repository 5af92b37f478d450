"""The numbers of an audit that a gate may set limits to."""

from tooeasy.limits import MEASURES

__all__ = ["MEASURES"]
