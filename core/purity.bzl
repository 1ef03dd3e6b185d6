"""core_archives: what the objects of core are made of, for the purity test."""

def _core_archives_impl(ctx):
    lines = []
    archives = []
    for library in ctx.attr.libraries:
        for linker_input in library[CcInfo].linking_context.linker_inputs.to_list():
            package = linker_input.owner.package
            if package != "core" and not package.startswith("core/"):
                continue  # The system's libraries are not ours to prove pure: what core takes from them is in the list.
            for linked in linker_input.libraries:
                archive = linked.static_library or linked.pic_static_library
                line = "%s %s\n" % (package, archive.short_path)
                if line not in lines:
                    lines.append(line)
                    archives.append(archive)

    manifest = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(manifest, "".join(lines))
    return [DefaultInfo(
        files = depset([manifest]),
        runfiles = ctx.runfiles(files = archives + [manifest]),
    )]

core_archives = rule(
    doc = "A file with one line \"room path\" for each archive of the given libraries and of all that they stand on.",
    implementation = _core_archives_impl,
    attrs = {"libraries": attr.label_list(providers = [CcInfo])},
)
