"""The load kit: the same data and the same work each time, measured beside a floor taken in the same run."""
