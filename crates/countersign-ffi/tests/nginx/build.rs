//! The modules, built once for each nginx by `bindings/nginx/build`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::library::put_library_into;
use crate::process::{are_here, run, skip};

/// A nginx, and the modules that were built for it.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) nginx: PathBuf,
    pub(crate) modules: PathBuf,
    /// A module that is to be loaded before that for stream.
    stream: Option<PathBuf>,
}

impl Build {
    /// What a configuration begins with.
    pub(crate) fn load(&self) -> String {
        let ours = ["http", "stream"]
            .map(|kind| self.modules.join(format!("ngx_{kind}_countersign_module.so")));
        self.load_stream() + &ours.iter().map(|file| load(file)).collect::<String>()
    }

    /// What it begins with that is without our modules.
    pub(crate) fn load_stream(&self) -> String {
        self.stream.iter().map(|file| load(file)).collect()
    }
}

fn load(file: &Path) -> String {
    format!("load_module {};\n", file.display())
}

/// Where the distribution has its modules.
const STREAM: &str = "/usr/lib/nginx/modules/ngx_stream_module.so";

/// The distribution's nginx.
static DISTRIBUTION: LazyLock<Build> = LazyLock::new(|| distribution("distribution", ""));

/// The same with modules in which a defence can be left out.
static WEAKENED: LazyLock<Build> =
    LazyLock::new(|| distribution("weakened", "-DNGX_COUNTERSIGN_TEST"));

/// A current nginx, built from the source that a crate carries.
static CURRENT: LazyLock<Option<Build>> = LazyLock::new(current);

/// Runs a test with every nginx that is to be had.
pub(crate) fn each(test: impl Fn(&'static Build)) {
    if !has_nginx() {
        return;
    }
    test(&DISTRIBUTION);
    match &*CURRENT {
        Some(current) => test(current),
        None => skip("the source of a current nginx cannot be had; the distribution's was tested"),
    }
}

/// Runs a test with the distribution's nginx only.
pub(crate) fn once(test: impl Fn(&'static Build)) {
    if has_nginx() {
        test(&DISTRIBUTION);
    }
}

/// Runs a test with modules in which a defence can be left out.
pub(crate) fn weakened(test: impl Fn(&'static Build)) {
    if has_nginx() {
        test(&WEAKENED);
    }
}

fn has_nginx() -> bool {
    if !are_here(&["cc", "curl", "openssl", "setpriv"]) {
        return false;
    }
    let has = Path::new("/usr/share/nginx/src/configure").exists() && Path::new(STREAM).exists();
    if !has {
        skip("needs nginx, nginx-dev and libnginx-mod-stream (`.ci/packages` installs them)");
    }
    has
}

fn distribution(name: &str, flags: &str) -> Build {
    let modules = folder(name);
    run(&mut builder(&modules, flags));
    Build { nginx: "/usr/sbin/nginx".into(), modules, stream: Some(STREAM.into()) }
}

/// What it is configured with: what the tests use, and the same for the modules.
const FLAGS: &str = "--with-compat --with-http_ssl_module --with-http_v2_module \
                     --with-http_realip_module --with-stream --with-stream_ssl_module";

fn current() -> Option<Build> {
    let original = source_of_current()?;
    let modules = folder("current");
    run(builder(&modules, "").arg(&original).env("NGINX_FLAGS", FLAGS));
    Some(Build { nginx: built_from(&original), modules, stream: None })
}

/// Takes a minute, and is kept for the next run.
fn built_from(original: &Path) -> PathBuf {
    let name = original.parent().and_then(Path::file_name).unwrap().to_str().unwrap();
    let finished = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nginx").join(name).join("finished");
    let made_as = format!("{FLAGS} {}", original.display());
    if fs::read_to_string(&finished).is_ok_and(|text| text == made_as) {
        return finished.with_file_name("objs/nginx");
    }
    let source = folder(name);
    run(Command::new("cp").arg("-r").arg(original.join(".")).arg(&source));
    let mut configure = Command::new("auto/configure");
    configure.current_dir(&source).args(FLAGS.split_whitespace()).arg("--with-cc-opt=-O0 -g0");
    run(configure.env_remove("MAKEFLAGS"));
    run(Command::new("make").args(["-j2", "-f", "objs/Makefile", "binary"]).current_dir(&source));
    fs::write(finished, made_as).unwrap();
    source.join("objs/nginx")
}

/// Cargo fetches it; where there is no registry there is none.
fn source_of_current() -> Option<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nginx/current/Cargo.toml");
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).arg("--locked").arg("--manifest-path").arg(&manifest);
        command.output().ok().filter(|output| output.status.success())
    };
    cargo(&["fetch"])?;
    let metadata = cargo(&["metadata", "--format-version", "1", "--offline"])?;
    let metadata = String::from_utf8(metadata.stdout).unwrap();
    let found = metadata.split('"').find(|text| {
        text.ends_with("/Cargo.toml") && text.contains("/nginx-src-") && text.starts_with('/')
    });
    Some(Path::new(found?).with_file_name("nginx"))
}

/// `bindings/nginx/build`, against this library.
fn builder(out: &Path, flags: &str) -> Command {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut command = Command::new(root.join("bindings/nginx/build"));
    let (include, glue) = (root.join("include"), root.join("bindings/openssl"));
    let cflags = format!("-I{} -I{} {flags}", include.display(), glue.display());
    let library = LIBRARY.display();
    command.arg(out).env("COUNTERSIGN_CFLAGS", cflags).env_remove("MAKEFLAGS");
    command.env("COUNTERSIGN_LIBS", format!("-L{library} -lcountersign -Wl,-rpath,{library}"));
    command
}

/// A folder with the library.
static LIBRARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = folder("library");
    put_library_into(&folder);
    folder
});

/// A folder; whatever an earlier run left in it is gone.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("nginx").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}
