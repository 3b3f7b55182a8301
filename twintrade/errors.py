"""What can go wrong, one class per room: the class says where, the text says what, where and what to do."""

from twintrade.text import Words

UNKNOWN = "UNKNOWN"
UNDECIDED = "UNDECIDED"
"""Stand in an analysis file for a currency, and a value, that is still to be chosen; no file with one is read."""


class TwintradeWarning(UserWarning):
    """What a table given from Python most likely does not mean; the message ends with the line that answers it.

    Examples
    --------
    >>> warnings.simplefilter("error", tt.TwintradeWarning)  # doctest: +SKIP
    """


class TwintradeError(Exception):
    """Base of every error that twintrade raises on purpose.

    Attributes
    ----------
    text : Words
        What, where, what to do; a text of the catalogue where a page may print it as a reason.

    Examples
    --------
    >>> try:
    ...     tt.fit("pmpl", design)
    ... except tt.TwintradeError as error:
    ...     print(error)
    no estimator is called 'pmpl'; did you mean 'ppml'?
    """

    def __init__(self, text: Words = "", *more: object) -> None:
        super().__init__(text, *more)
        self.text = text

    def __str__(self) -> str:
        return str(self.text)


class FanoutError(TwintradeError):
    """Work cannot be spread as asked: a scheduler does not answer, or workers are lost for good."""


class DataError(TwintradeError):
    """The observed data cannot be read as declared."""


class SourceError(TwintradeError):
    """A publisher does not answer, refuses, or answers something else than its documentation says."""


class DesignError(TwintradeError):
    """The comparison that was asked for cannot be made from these data."""


class EstimationError(TwintradeError):
    """The effect cannot be estimated: not identified, not converged, or the outcome does not suit the method."""


class InferenceError(TwintradeError):
    """The uncertainty that was asked for cannot be computed for this estimate."""


class SpecError(TwintradeError):
    """The analysis file asks for something that does not exist or contradicts itself."""


class StoreError(TwintradeError):
    """Results cannot be written, locked or read back."""
