//! The tools as their callers meet them, on real files and in the real fence. This binary has a `main` of its
//! own because it is its own fence helper.

mod arguments;
mod bench;
mod delete_path;
mod edit_file;
mod escapes;
mod http;
mod list_directory;
mod mounts;
mod read_file;
mod run_command;
mod search_files;
mod stopping;
mod workspace;
mod write_file;

use libtest_mimic::Arguments;

fn main() {
    fence::become_helper_if_asked();
    if let Some(scene) = std::env::var_os(mounts::SCENE) {
        return mounts::play(&scene);
    }
    let trials = [
        arguments::trials(),
        delete_path::trials(),
        edit_file::trials(),
        escapes::trials(),
        http::trials(),
        list_directory::trials(),
        mounts::trials(),
        read_file::trials(),
        run_command::trials(),
        search_files::trials(),
        stopping::trials(),
        workspace::trials(),
        write_file::trials(),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials.into_iter().flatten().collect()).exit();
}
