"""The categories under which plugins are listed; every plugin has exactly one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Category:
    """One shelf of the marketplace.

    Parameters
    ----------
    id
        Slug used in addresses and filters.
    name
        What people read.
    description
        One sentence.
    """

    id: str
    name: str
    description: str


CATEGORIES: tuple[Category, ...] = (
    Category("data", "Data", "Parse, transform, query and tabulate data."),
    Category("dates", "Dates and time", "Calendars, pickers, and arithmetic with dates."),
    Category("editing", "Editing", "Text, code and rich-content editors."),
    Category("interface", "Interface", "Widgets, layout, animation and interaction."),
    Category("localization", "Localization", "Translation, plural rules, numbers and currencies."),
    Category("maps", "Maps", "Maps, projections and geometry."),
    Category("markdown", "Markdown", "Render and extend Markdown and other markup."),
    Category("media", "Media", "Images, colour, audio and video."),
    Category("utilities", "Utilities", "Everything that helps other plugins."),
    Category("visualization", "Visualization", "Charts, graphs and diagrams."),
)
"""In alphabetical order of their ids."""

CATEGORY_IDS = frozenset(category.id for category in CATEGORIES)
