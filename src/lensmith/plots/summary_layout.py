"""Where the panels of a summary go on the page."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure

MAX_HEIGHT = 13.0
"""Of the figure, inches: with many bands the panels shrink."""


@dataclass(frozen=True)
class Layout:
    """Where the panels go, in inches; one band is wrapped into two rows of three."""

    bands: int
    side: float
    gap: float = 0.1
    bar_room: float = 0.56
    left: float = 0.3
    top: float = 0.3
    bottom: float = 0.12
    text: float = 2.9

    @classmethod
    def of(cls, bands: int) -> "Layout":
        """The layout for a number of bands."""
        if bands == 1:
            return cls(1, 2.75, gap=0.3)
        return cls(bands, min(2.0, (MAX_HEIGHT - 0.42) / bands - 0.1))

    @property
    def wrapped(self) -> bool:
        """Whether the row of the one band is broken in two."""
        return self.bands == 1

    @property
    def with_bar(self) -> tuple[int, ...]:
        """Panels with a colour bar: side by side, data and model share one."""
        return (0, 1, 2, 3, 4) if self.wrapped else (1, 2, 3, 4)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the figure, inches."""
        columns, rows = (3, 2) if self.wrapped else (5, self.bands)
        width = self._left_of(columns - 1) + self.side + self.bar_room
        width += 0 if self.wrapped else self.text
        return width, self.top + rows * self.side + (rows - 1) * self.gap + self.bottom

    def _left_of(self, column: int) -> float:
        """Left edge of a column: every panel but the data (and, wrapped, those above it) leaves room for its bar."""
        bars = column if self.wrapped else max(column - 1, 0)
        return self.left + column * (self.side + 0.08) + bars * self.bar_room

    def _place(self, figure: Figure, row: int, left: float, width: float, height: float | None = None) -> Axes:
        height = self.side if height is None else height
        total_width, total_height = self.size
        bottom = total_height - self.top - row * (self.side + self.gap) - height
        return figure.add_axes((left / total_width, bottom / total_height, width / total_width, height / total_height))

    def panel(self, figure: Figure, row: int, column: int) -> Axes:
        """Add the axes of one panel of one band."""
        row, column = divmod(column, 3) if self.wrapped else (row, column)
        return self._place(figure, row, self._left_of(column), self.side)

    def bar(self, figure: Figure, row: int, column: int) -> Axes:
        """Add the axes of the colour bar beside a panel."""
        row, column = divmod(column, 3) if self.wrapped else (row, column)
        return self._place(figure, row, self._left_of(column) + self.side + 0.05, 0.09)

    def numbers(self, figure: Figure) -> Axes:
        """Add the axes that the words go into."""
        _, total_height = self.size
        if self.wrapped:
            return self._place(figure, 1, self._left_of(2), self.side + self.bar_room - 0.1)
        left = self._left_of(4) + self.side + self.bar_room + 0.1
        return self._place(figure, 0, left, self.text - 0.2, total_height - self.top - self.bottom)
