"""One picture of weights for each class."""

from tooeasy.templates.budget import BudgetCurve, BudgetStudy, PixelOrder, study_budget
from tooeasy.templates.growth import TemplateGrowth, WeightHistogram, explain_templates
from tooeasy.templates.settings import FROM_SKETCH, KINDS, OPTIONS_OF, Kind, Settings, check_kind
from tooeasy.templates.study import TemplateStudy, fit_templates, held_out, study_templates, to_json_object

__all__ = [
    "FROM_SKETCH",
    "KINDS",
    "OPTIONS_OF",
    "BudgetCurve",
    "BudgetStudy",
    "Kind",
    "PixelOrder",
    "Settings",
    "TemplateGrowth",
    "TemplateStudy",
    "WeightHistogram",
    "check_kind",
    "explain_templates",
    "fit_templates",
    "held_out",
    "study_budget",
    "study_templates",
    "to_json_object",
]
