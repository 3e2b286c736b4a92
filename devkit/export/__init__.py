"""Writing a lab's records for other programs.

An exporter is a module with ``write(lab, out) -> Exported``; `EXPORTERS` names them, and they load when they are asked
for. What may leave the lab is decided in one place, `devkit.export.release`, by the lab's privacy settings. Names,
birth dates and contacts are out of reach for every exporter.
"""

from devkit.export.registry import EXPORTERS, Exported, export

__all__ = ["EXPORTERS", "Exported", "export"]
