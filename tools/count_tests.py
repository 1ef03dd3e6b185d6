#!/usr/bin/env python3
"""Counts the tests of Bazel runs from their build event files.

usage: count_tests.py NAME=FILE...

FILE is what --build_event_json_file wrote. A test that did not build or did not run has failed; a run that failed
without a failed test counts as one failure, and so does a file that is missing or cut off. Prints one line for each
run, then 'N passed, N failed'. Exit status: 0 all passed, 1 some failed or nothing ran, 2 bad arguments.
"""

import json
import sys


def read_events(path):
    """The events of one run, and whether the file is whole."""
    events = []
    try:
        with open(path) as file:
            for line in file:
                events.append(json.loads(line))
    except (OSError, ValueError):
        return events, False
    return events, any(event.get("lastMessage") for event in events)


def count(events, whole):
    """Passed and failed tests of one run: two lists of labels."""
    expected, filtered_out, verdicts = set(), set(), {}
    good_end = False
    for event in events:
        identity = event.get("id", {})
        if "targetConfigured" in identity and "testSize" in event.get("configured", {}):
            expected.add(identity["targetConfigured"]["label"])
        announced = any("testSummary" in child for child in event.get("children", []))
        if event.get("completed", {}).get("success") and not announced:
            filtered_out.add(identity["targetCompleted"]["label"])  # Built, but its tags keep it out of this run.
        if "testSummary" in identity:
            label = identity["testSummary"]["label"]
            passed = event.get("testSummary", {}).get("overallStatus") in ("PASSED", "FLAKY")
            verdicts[label] = passed and verdicts.get(label, True)
        if "finished" in event:
            good_end = event["finished"].get("exitCode", {}).get("name") == "SUCCESS"
    unheard = expected - filtered_out - set(verdicts)
    passed = sorted(label for label, verdict in verdicts.items() if verdict)
    failed = sorted([label for label, verdict in verdicts.items() if not verdict] + list(unheard))
    if not failed and not (whole and good_end):
        failed = ["the run itself"]
    return passed, failed


def main(arguments):
    runs = [argument.partition("=") for argument in arguments]
    if not runs or not all(name and path for name, _, path in runs):
        print(f"count_tests: bad arguments '{' '.join(arguments)}'; usage: count_tests.py NAME=FILE...",
              file=sys.stderr)
        return 2
    passed_total = failed_total = 0
    for name, _, path in runs:
        passed, failed = count(*read_events(path))
        passed_total += len(passed)
        failed_total += len(failed)
        print(f"{name}: {len(passed)} of {len(passed) + len(failed)} passed")
        for label in failed:
            print(f"  failed: {label}")
    print(f"{passed_total} passed, {failed_total} failed")
    return 0 if passed_total and not failed_total else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
