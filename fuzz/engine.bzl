"""The build setting behind --config=fuzz."""

def _fuzz_engine_impl(_ctx):
    return []

fuzz_engine = rule(
    doc = "Which engine drives the fuzz targets: replay (none, the default) or libfuzzer.",
    implementation = _fuzz_engine_impl,
    build_setting = config.string(flag = True),
)
