"""holdfast_fuzz_test: three targets of one file."""

def _corpus_list_impl(ctx):
    files = depset(transitive = [target[DefaultInfo].files for target in ctx.attr.corpus]).to_list()
    listing = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(listing, "".join([file.short_path + "\n" for file in files]))
    return [DefaultInfo(
        files = depset([listing]),
        runfiles = ctx.runfiles(files = files + [listing]),
    )]

# The corpus goes to the replay as a file that names its files: a large corpus would not fit on a command line.
_corpus_list = rule(
    implementation = _corpus_list_impl,
    attrs = {"corpus": attr.label_list(allow_files = True)},
)

def holdfast_fuzz_test(
        name,
        srcs,
        deps = [],
        corpus = [],
        prefix_bytes_max = 512,
        max_len = 4096,
        dictionary = None,
        size = "small",
        shard_count = 1,
        tags = []):
    """Declares a fuzz target, and the ordinary test that replays its corpus.

    NAME_entry   the library with LLVMFuzzerTestOneInput;
    NAME_replay  a test under any compiler and sanitizer: every file of the corpus, and every prefix of each;
    NAME         the libFuzzer program, built by --config=fuzz only:
                 bazel run --config=fuzz //fuzz:NAME -- -max_total_time=60 $PWD/testdata/corpus/NAME

    Args:
      name: what is fuzzed, e.g. "record".
      srcs: the file that defines LLVMFuzzerTestOneInput (NAME_fuzz.cc).
      deps: what it needs.
      corpus: files or filegroups; an empty corpus fails the replay.
      prefix_bytes_max: the replay runs each file's prefixes shorter than this; lower it for slow targets.
      max_len: the longest input that libFuzzer makes, in bytes.
      dictionary: a libFuzzer dictionary, if there is one.
      size: of the replay test.
      shard_count: of the replay test.
      tags: of the replay test; "full" takes it out of the fast suite.
    """
    native.cc_library(
        name = name + "_entry",
        testonly = True,
        srcs = srcs,
        deps = deps,
        # Nothing of ours calls the entry by name: without this the linker would drop it.
        alwayslink = True,
    )

    _corpus_list(
        name = name + "_corpus",
        testonly = True,
        corpus = corpus,
    )

    native.cc_test(
        name = name + "_replay",
        size = size,
        args = [
            "--prefix-bytes-max=%d" % prefix_bytes_max,
            "--list=$(rootpath :%s_corpus)" % name,
        ],
        data = [":%s_corpus" % name],
        shard_count = shard_count,
        tags = tags,
        deps = [
            ":%s_entry" % name,
            "//fuzz:replay_main",
        ],
    )

    native.cc_binary(
        name = name,
        testonly = True,
        args = ["-max_len=%d" % max_len] + (["-dict=$(rootpath %s)" % dictionary] if dictionary else []),
        data = [dictionary] if dictionary else [],
        linkopts = select(
            {"//fuzz:libfuzzer": ["-fsanitize=fuzzer"]},
            no_match_error = "a fuzzer needs its engine: add --config=fuzz",
        ),
        tags = [
            "fuzz-target",
            "manual",
        ],
        deps = [":%s_entry" % name],
    )
