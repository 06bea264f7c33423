"""Why a file, a row or a cell cannot be taken."""


class FileProblem(Exception):
    """Nothing of the file can be imported; the sentence says what to do."""


class Wrong(Exception):
    """A cell that cannot be what its column says; the row's whole order stays out."""


class LeftOut(Exception):
    """A row that is no order line at all (postage, a fee, a stock correction); its order comes without it."""
