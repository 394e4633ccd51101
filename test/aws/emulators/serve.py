"""Runs ministack with its known faults mended. Each module of `patches` is about one service and says what it mends."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from patches import cloudformation, dynamodb, functions, meter, network, sqs, stepfunctions  # noqa: E402

if __name__ == "__main__":
    for mend in (network, dynamodb, sqs, stepfunctions, functions, cloudformation, meter):
        mend.apply()
    from ministack.app import main

    main()
