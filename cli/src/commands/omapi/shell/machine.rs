//! What the verbs do: omshell's rules, and its phrases where it says no.

use netlever_core::Call;
use netlever_core::backoff::Reconnect;
use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{Delete, Expert, Open, Raw, Refresh, Shutdown, Update};
use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::error::Refused;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::request::{Handle, Request};
use netlever_core::omapi::values::ControlState;
use netlever_core::omapi::wire::{Attributes, Dictionary, Opcode};
use netlever_core::omapi::{Error, Omapi};
use netlever_core::runtime::{Endpoint, Runtime};

use super::bearable::bearable;
use super::object::Current;
use super::script::Verb;
use crate::commands::Context;
use crate::commands::omapi::options::{Options, PORT, Profile, Target};
use crate::commands::omapi::server::Server;
use crate::failure::{Failure, Kind};
use crate::secret::Secret;

/// A shell between two lines.
pub(super) struct Machine<'a, R> {
    runtime: &'a R,
    context: &'a Context,
    options: &'a Options,
    profile: Profile,
    host: Option<String>,
    port: Option<u16>,
    key: Option<(String, Secret)>,
    algorithm: Option<Algorithm>,
    link: Option<Server>,
    current: Option<Current>,
}

/// Why a verb did nothing.
#[derive(Debug)]
pub(super) struct Trouble {
    /// omshell's own words.
    pub(super) said: String,
    pub(super) failure: Failure,
}

impl Trouble {
    pub(super) fn usage(said: &str) -> Self {
        Self { said: said.to_owned(), failure: Failure::usage(said) }
    }
}

const COMMANDS: &str = "\
Commands:
  port <server omapi port>
  server <server address>
  key <key name> <key value>
  key-algorithm <algorithm name>
  connect
  disconnect
  new <object-type>
  set <name> = <value>
  create
  open
  update
  unset <name>
  refresh
  remove
  close
";

impl<'a, R: Runtime> Machine<'a, R> {
    pub(super) fn new(
        runtime: &'a R,
        context: &'a Context,
        options: &'a Options,
    ) -> Result<Self, Failure> {
        Ok(Self {
            runtime,
            context,
            options,
            profile: context.profile()?.omapi,
            host: None,
            port: None,
            key: None,
            algorithm: None,
            link: None,
            current: None,
        })
    }

    pub(super) const fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }

    /// What omshell prints behind every verb while it is connected.
    pub(super) fn shown(&self) -> String {
        match (&self.link, &self.current) {
            (None, _) => String::new(),
            (Some(_), None) => "obj: <null>\n".into(),
            (Some(_), Some(current)) => current.lines().join("\n") + "\n",
        }
    }

    /// Does what a line says; what it gives is to be printed before the object.
    pub(super) async fn run(&mut self, verb: Verb) -> Result<String, Trouble> {
        match verb {
            Verb::Nothing | Verb::Exit => {}
            Verb::Help => return Ok(COMMANDS.into()),
            Verb::Server(host) => self.host = Some(host),
            Verb::Port(port) => self.port = Some(service(&port)?),
            Verb::Key(name, secret) => self.key = Some((name, secret)),
            Verb::Algorithm(name) => {
                let algorithm = name.parse().map_err(|why| Trouble {
                    said: format!("unknown algorithm: {name}"),
                    failure: Failure::usage(why),
                })?;
                self.algorithm = Some(algorithm);
            }
            Verb::Connect => self.connect().await?,
            Verb::Disconnect => {
                self.link()?;
                (self.link, self.current) = (None, None);
            }
            Verb::New(object_type) => self.new_object(object_type).await?,
            Verb::Set(name, given) => self.open_object("no open object.")?.set(name, given),
            Verb::Unset(name) => self.open_object("no open object.")?.unset(name),
            Verb::Open => self.open(false).await?,
            Verb::Create => self.open(true).await?,
            Verb::Update => self.update().await?,
            Verb::Refresh => self.refresh().await?,
            Verb::Remove => self.remove().await?,
            Verb::Close => {
                self.open_object("not open.")?;
                self.current = None;
            }
        }
        Ok(String::new())
    }

    fn link(&self) -> Result<&Server, Trouble> {
        self.link.as_ref().ok_or_else(|| Trouble::usage("not connected."))
    }

    /// The object; omshell has another phrase for its absence in each verb.
    fn open_object(&mut self, absent: &str) -> Result<&mut Current, Trouble> {
        self.link()?;
        self.current.as_mut().ok_or_else(|| Trouble::usage(absent))
    }

    /// Where to connect: what the script says, then the options, then omshell's own default.
    fn peer(&self) -> Result<Endpoint, Trouble> {
        let known = self.options.server.clone().or_else(|| self.profile.server.clone());
        let known = known.unwrap_or_else(|| Endpoint::tcp("127.0.0.1", PORT));
        Ok(match (&self.host, self.port, known) {
            (None, None, known) => known,
            (None, Some(port), Endpoint::Tcp { host, .. }) => Endpoint::tcp(host, port),
            (None, Some(_), known) => known,
            (Some(host), port, known) => {
                let default = match known {
                    Endpoint::Tcp { port, .. } if self.options.server.is_some() => port,
                    _ => PORT,
                };
                Endpoint::parse(host, Some(port.unwrap_or(default))).map_err(|why| Trouble {
                    said: format!("usage: server <server>: {host}"),
                    failure: Failure::usage(why),
                })?
            }
        })
    }

    fn signer(&self) -> Result<Option<Key>, Failure> {
        let Some((name, secret)) = &self.key else {
            return self.options.any_key(self.context, &self.profile);
        };
        let algorithm = self.algorithm.unwrap_or_else(|| self.options.algorithm(&self.profile));
        Key::from_base64(name, algorithm, secret.expose()).map(Some).map_err(Failure::usage)
    }

    /// Dials, opens the authenticator, and asks something harmless: only a signed request shows
    /// whether the secret is right, where omshell learns it later, if at all.
    async fn connect(&mut self) -> Result<(), Trouble> {
        let failed = |failure: Failure| Trouble {
            said: format!("dhcpctl_connect: {}", failure.message),
            failure,
        };
        let peer = self.peer()?;
        let key = self.signer().map_err(failed)?;
        let config = self.options.config(self.context, &self.profile, key).map_err(failed)?;
        debug_assert_eq!(config.reconnect, Reconnect::Never, "a handle is of one connection");
        let link = Server::connect(self.runtime, self.context, Target { peer, config });
        // A REFRESH of no object: "no matching handle", and nothing has happened.
        let asked = link.ask(Raw::new(Request::refresh(&Handle::raw(0)))).await;
        let error = match asked {
            Ok(answer) => match answer.status() {
                Some((code @ (ResultCode::NO_KEYS | ResultCode::INVALID_KEY), text)) => {
                    let (opcode, object_type) = (Opcode::Refresh, String::from("object"));
                    Error::from(Refused { opcode, object_type, code, text })
                }
                _ => {
                    (self.link, self.current) = (Some(link), None);
                    return Ok(());
                }
            },
            Err(error) => error,
        };
        let said = format!("dhcpctl_connect: {}", phrase(&error));
        Err(Trouble { said, failure: link.failure("connecting", &error) })
    }

    async fn new_object(&mut self, object_type: String) -> Result<(), Trouble> {
        let known = self.options.server.is_some() || self.profile.server.is_some();
        if self.link.is_none() && known {
            self.connect().await?;
        }
        self.link()?;
        if self.current.is_some() {
            return Err(Trouble::usage("an object is already open."));
        }
        self.current = Some(Current::new(object_type));
        Ok(())
    }

    async fn open(&mut self, create: bool) -> Result<(), Trouble> {
        let current = self.open_object("you must make a new object first!")?.clone();
        let mut call = Open::new(&current.object_type);
        if create {
            call = call.create().exclusive();
        }
        for (name, value) in current.all().iter() {
            call = call.with(&String::from_utf8_lossy(name), value);
        }
        let mut message: Attributes = [("type", &current.object_type)].into_iter().collect();
        if create {
            message.push("create", 1_u32.to_be_bytes());
        }
        let link = self.link()?;
        let tried = if create { "creating" } else { "opening" };
        let (words, object) = (Some(message.as_dictionary()), current.all());
        match self.willingly(link, call, &current.object_type, words, &object).await {
            Ok(object) => self.open_object("")?.told(&object),
            Err(error) => return Err(self.trouble("open", tried, &error)),
        }
        self.open_object("")?.updated();
        Ok(())
    }

    async fn update(&mut self) -> Result<(), Trouble> {
        let current = self.open_object("you haven't opened an object yet!")?.clone();
        let Some(handle) = &current.handle else { return Err(unopened("update")) };
        let changes = current.changes();
        let shutdown = ControlState::SHUTDOWN.octets();
        let ends = current.object_type == "control"
            && changes.get("state").is_some_and(|state| state == shutdown);
        let link = self.link()?;
        let done = if ends {
            // It has no answer: the server hangs up instead.
            link.ask(Shutdown::new()).await
        } else {
            let call = Update::new(handle, changes.clone());
            self.willingly(link, call, &current.object_type, None, &changes).await
        };
        match done {
            Ok(()) if ends => (self.link, self.current) = (None, None),
            Ok(()) => self.open_object("")?.updated(),
            Err(error) => return Err(self.trouble("update", "updating", &error)),
        }
        Ok(())
    }

    /// Asks as omshell would: what the guard rails refuse only because it surprises is sent all the
    /// same, with a warning.
    async fn willingly<C, T>(
        &self,
        link: &Server,
        call: C,
        object_type: &str,
        message: Option<Dictionary<'_>>,
        object: &Attributes,
    ) -> Result<T, Error>
    where
        C: Call<Omapi, Output = Result<T, Error>> + Clone,
    {
        let (family, _) = self.options.family_and_expert(&self.profile);
        match link.ask(call.clone()).await {
            Err(Error::Guarded(refusal))
                if bearable(&refusal, object_type, message, object, family) =>
            {
                self.context.output.warn(&format!("{refusal}; sent as the script says"));
                link.ask(Expert(call)).await
            }
            asked => asked,
        }
    }

    async fn refresh(&mut self) -> Result<(), Trouble> {
        let handle = self.open_object("no object.")?.handle.clone();
        let Some(handle) = handle else { return Err(unopened("refresh")) };
        let link = self.link()?;
        match link.ask(Refresh::new(&handle)).await {
            Ok(object) => self.open_object("")?.told(&object),
            Err(error) => return Err(self.trouble("refresh", "refreshing", &error)),
        }
        Ok(())
    }

    async fn remove(&mut self) -> Result<(), Trouble> {
        let handle = self.open_object("no object.")?.handle.clone();
        let Some(handle) = handle else { return Err(unopened("destroy")) };
        let link = self.link()?;
        match link.ask(Delete::new(&handle)).await {
            Ok(()) => self.current = None,
            Err(error) => return Err(self.trouble("destroy", "removing", &error)),
        }
        Ok(())
    }

    /// What became of a request. After a loss nothing is connected any more.
    fn trouble(&mut self, verb: &str, tried: &str, error: &Error) -> Trouble {
        let object_type = self.current.as_ref().map_or("object", |on| on.object_type.as_str());
        let tried = format!("{tried} {object_type}");
        let said = format!("can't {verb} object: {}", phrase(error));
        let failure = match &self.link {
            Some(link) => link.failure(&tried, error),
            None => Failure::omapi(error, &tried, "no server"),
        };
        let lost = matches!(error, Error::Failed(Fail::Lost { .. } | Fail::Closed));
        if lost || matches!(error, Error::Broken { .. }) {
            (self.link, self.current) = (None, None);
        }
        Trouble { said, failure }
    }
}

/// An object that was neither opened nor created has nothing at the server.
fn unopened(verb: &str) -> Trouble {
    Trouble {
        said: format!("can't {verb} object: not found"),
        failure: Failure::new(Kind::NotFound, "the object was neither opened nor created"),
    }
}

/// What omshell would say: the text of the result code, where there is one.
fn phrase(error: &Error) -> String {
    match (error.code().and_then(ResultCode::text), error) {
        (Some(text), _) => text.into(),
        (None, Error::Failed(Fail::Lost { why, .. })) => why.to_string(),
        (None, other) => other.to_string(),
    }
}

/// A port by its number, or by its name in /etc/services; `omapi` is known everywhere.
fn service(port: &str) -> Result<u16, Trouble> {
    if let Ok(number @ 1..) = port.parse() {
        return Ok(number);
    }
    let services = std::fs::read_to_string("/etc/services").unwrap_or_default();
    let found = services.lines().find_map(|line| {
        let mut words = line.split('#').next()?.split_whitespace();
        let (name, number) = (words.next()?, words.next()?.strip_suffix("/tcp")?);
        if name == port || words.any(|alias| alias == port) { number.parse().ok() } else { None }
    });
    let known = || (port == "omapi").then_some(PORT);
    found.or_else(known).ok_or_else(|| Trouble {
        said: format!("unknown service name: {port}"),
        failure: Failure::usage(format!("unknown service name: {port}")),
    })
}
