"""Tests that planted bugs are found: the patched source of core takes the place of the original."""

# Headers of the rooms of core that only their own sources may include.
PRIVATE_HEADERS = {
    "core/noise": ["symmetric_state.h"],
    "core/pool": [
        "blobs.h",
        "client_impl.h",
        "client_states.h",
        "deadline_queue.h",
        "locator_index.h",
        "memory_budget.h",
        "replay_guard.h",
        "server_impl.h",
        "server_states.h",
        "waiting.h",
    ],
    "core/session": [],
}

def mutant_test(name, source, seeds, **kwargs):
    """A test that the oracle which a patch names finds its bug.

    The program has the patched source among its own, which define all that the original does: so the linker never takes
    the original out of its archive, and if it had to, it would complain of symbols that are there twice. The test itself
    would fail with the original: nothing is found then.

    Args:
      name: of the patch, NAME.patch. The test is NAME_test.
      source: that it patches, as a path: a .cc file of core.
      seeds: as the test is to try them, in the worlds that the patch's line "Lane" names: "1..200".
      **kwargs: for cc_test.
    """
    room, _, file = source.rpartition("/")
    native.genrule(
        name = name + "_source",
        testonly = True,
        srcs = [
            name + ".patch",
            "marks.h",
            "//{}:{}".format(room, file),
        ],
        outs = ["{}/{}".format(name, file)],
        # Fails unless each line of the patch is where it should be.
        cmd = """
            tree=$$(mktemp -d)
            mkdir -p $$tree/{room}
            cp $(location //{room}:{file}) $$tree/{source}
            chmod u+w $$tree/{source}
            patch -p1 -F0 -N --batch --no-backup-if-mismatch -r - -d $$tree < $(location {name}.patch)
            {{ cat $(location marks.h); echo '#line 1 "{source}"'; cat $$tree/{source}; }} > $@
            rm -r $$tree
        """.format(room = room, file = file, source = source, name = name),
    )
    native.cc_test(
        name = name + "_test",
        srcs = [":{}_source".format(name)] + ["//{}:{}".format(room, header) for header in PRIVATE_HEADERS[room]],
        args = [
            "$(location {}.patch)".format(name),
            seeds,
        ],
        data = [name + ".patch"],
        deps = ["//sim:mutant_test_main"],
        **kwargs
    )
