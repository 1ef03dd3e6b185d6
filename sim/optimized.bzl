"""optimized_binary: a program of which all parts are compiled for speed together."""

# Seen as a whole, most small functions are inlined, wherever they stand.
_COPTS = ["-flto", "-O3", "-fno-stack-protector", "-fomit-frame-pointer"]
_LINKOPTS = ["-flto=auto", "-O3"]

_COPT = "//command_line_option:copt"
_LINKOPT = "//command_line_option:linkopt"
_SUFFIX = "//command_line_option:platform_suffix"

def _optimize_impl(settings, _attr):
    # Configurations that are named in .bazelrc have a suffix, and are for something else than speed.
    plain = not settings[_SUFFIX]
    return {
        _COPT: settings[_COPT] + (_COPTS if plain else []),
        _LINKOPT: settings[_LINKOPT] + (_LINKOPTS if plain else []),
    }

_optimize = transition(
    implementation = _optimize_impl,
    inputs = [_COPT, _LINKOPT, _SUFFIX],
    outputs = [_COPT, _LINKOPT],
)

def _optimized_binary_impl(ctx):
    program = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = program, target_file = ctx.executable.program, is_executable = True)
    return [DefaultInfo(executable = program)]

optimized_binary = rule(
    doc = "The given program, for which everything is compiled once more. What else needs the same code is not slowed.",
    implementation = _optimized_binary_impl,
    executable = True,
    attrs = {
        "program": attr.label(cfg = _optimize, executable = True, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
