"""The rooms of core: the one list of its libraries, for the purity test.

tools/tidy.py fails when a library of core is neither here nor below one that is.
"""

# The libraries under core/, but those that only tests use. The fast crypto provider is here too: it must be as pure.
CORE_LIBRARIES = [
    "//core/base:buffer",
    "//core/base:bytes",
    "//core/base:check",
    "//core/base:digest",
    "//core/base:error",
    "//core/base:fork_key",
    "//core/base:random",
    "//core/base:ring",
    "//core/base:time",
    "//core/base:try_allocate",
    "//core/crypto",
    "//core/crypto:fast",
    "//core/crypto:openssl",
    "//core/demux",
    "//core/legacy",
    "//core/legacy:original",
    "//core/legacy/c",
    "//core/noise",
    "//core/pool",
    "//core/pool:known_hosts",
    "//core/relay",
    "//core/session",
    "//core/wire",
]
