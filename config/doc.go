// Package config makes the settings of an engine from INI files that inherit from
// one another, and from the environment.
//
//	settings, err := config.Load("bot.conf", config.Options{Directories: []string{"/home/bot/conf", "/etc/bot"}})
//	e, err := engine.New(settings.Engine)
//	err = settings.Explain(err) // names the setting's file and line too
//
// # Files
//
// A file is written as for Python's configparser, whose rules are kept but where
// this text says otherwise:
//
//	# a whole line that starts with # or ; is a comment
//	[inherit]
//	from = common.conf
//
//	[DEFAULT]
//	site = eu
//
//	[engine]
//	address = %(site)s.example.com:3801
//	dial_timeout: 3s
//
// A file has a section once, [DEFAULT] too, and a section a key once. A key ends at
// the first = or : and is read in lower case.
// A line that is indented further than its key goes on with the value. A value
// stands as it is up to the end of its line, quotes and all, but %(key)s is replaced
// by another value of the section or of [DEFAULT], and %% by %. What is in [DEFAULT]
// holds in every section that does not say otherwise. A byte order mark at the start
// of a file is skipped if it is that of UTF-8; files in UTF-16 are refused as such.
//
// A key in [DEFAULT] is a setting's, or there for references such as %(site)s above:
// some value in the files that are read refers to it, even if another file replaces
// that value. For a bot with sections of its own (Options.Own) it may also be a key
// that one of these has, or one of Options.OwnKeys, which only the bot's code reads.
// Any other is taken for a mistyped setting.
//
// The file that is asked for is looked for in each of the directories. All that are
// found are read, the last directory's first, so that a value in an earlier
// directory wins; what they inherit from is read before them, each file once. In
// [inherit], from names one file, or several with commas between them, of which a
// later one wins over an earlier one. A file that is missing and files that inherit
// in a circle are an *InheritError with the whole chain, and so is what has the name of
// the file in one of the directories and cannot be read: a folder, or a link that
// leads nowhere.
//
// # Settings
//
// [engine] sets the fields of [engine.Config], [session] those of session.Config,
// each under its name in lower case with underscores: DialTimeout is dial_timeout,
// Send.Bytes is send_bytes. [tls] has server_name, roots_file, certificate_file and
// key_file, all PEM. The name of a file is relative to the file that says it, or, in
// the environment, to the current directory. Times are written 10s, 1.5s or 500ms,
// and pauses is a list of them with commas; truth is yes, true, on, 1 or no, false,
// off, 0; resume is account, session or none; wait is block, spin or spinblock;
// on_stop is auto, cancel_all or leave; state_on_save_failed is hold_orders or trade_unsaved. What
// is not set keeps its zero value, which the engine turns into its default: for
// address, the real exchange. What is set to nothing is refused with its line or
// variable and never means the default: no text, only blanks, a pair of quotes around
// nothing, a reference to such a value, a variable that exists without a value. Only the
// value that wins counts. plain needs an address. Functions, the logger, the tap,
// signals, AccountApplied and a session to go on with are set in code.
//
// The trading state has the sections [risk], [orders], [books] and [quotes], for the
// fields of the Config of packages risk, order, book and quote likewise: Collar.Ticks is
// collar_ticks, DisableReplace replace_off. [risk] has halt_file, halt_file_period,
// halt_incomplete, on_unresolved and doubt_timeout too, [orders] handle_replayed, [quotes]
// cancel_all_off.
//
// [journal] has the fields of journal.Config; dir switches the recording on and is relative to the file that says
// it. on_full is count or wait, durability is interval, none, group or each, on_failure is halt, continue or stop.
// Sizes are written 64MiB, 10GiB or as a number of bytes.
//
//	[journal]
//	dir = journal
//	name = maker
//	durability = interval
//	on_full = count
//	on_failure = halt
//	keep_bytes = 20GiB
//	keep_for = 720h
//
// Amounts, quantities too, are in the account's currency, such as 12.50, and exact: what
// lies between two amounts is refused. Percentages are written 2.5, lists with commas.
// A limit of 0 is refused, because the engine would take it for none: leave the key out.
//
//	[risk]
//	order_quantity_max = 50
//	market_exposure_max = 300.00
//	loss_max = 200
//	refuse_self_cross = yes
//	markets = 100000, 100001
//	collar_fraction = 5
//	watchdog = 10s
//	halt_file = halt
//	halt_incomplete = messages_lost, sequence_reset, overflow
//	on_unresolved = cancel_market
//
//	[orders]
//	commission = 2
//
// Each setting is also a variable of the environment, which wins over the files:
// SMK_ and the key in upper case, such as SMK_ADDRESS and SMK_LOGIN_TIMEOUT; those
// of [tls], of the trading state and of the journal start with the section: SMK_TLS_, SMK_RISK_. The
// password and the token may be in a file of their
// own, one line long: SMK_PASSWORD wins over the file that SMK_PASSWORD_FILE names,
// this over the one that password_file names, and this over password, but for a password
// that the profile has while the file is named outside of it; and the same
// for the token. All of that line is the credential, blanks and quotes too, but for a
// byte order mark and the line's end. Who may read such a file is not checked:
// secrets that are mounted into containers are often readable by all. A username
// without a password, or the other way round, is refused by engine.New, so that code
// can add what no file has. SMK_PROFILE, SMK_BACKTEST_, SMK_CONTROL_ and SMK_NATS_ begin no settings.
//
//	section   key                           variable                          value
//	[engine]  address                       SMK_ADDRESS                       text
//	[engine]  plain                         SMK_PLAIN                         yes or no
//	[engine]  credentials_timeout           SMK_CREDENTIALS_TIMEOUT           time
//	[engine]  dial_timeout                  SMK_DIAL_TIMEOUT                  time
//	[engine]  pauses                        SMK_PAUSES                        times
//	[engine]  send_timeout                  SMK_SEND_TIMEOUT                  time
//	[engine]  wait                          SMK_WAIT                          name
//	[engine]  spin_rounds                   SMK_SPIN_ROUNDS                   number
//	[engine]  lock_thread                   SMK_LOCK_THREAD                   yes or no
//	[engine]  pin                           SMK_PIN                           yes or no
//	[engine]  core                          SMK_CORE                          number
//	[engine]  subscriptions_max             SMK_SUBSCRIPTIONS_MAX             number
//	[engine]  restore_off                   SMK_RESTORE_OFF                   yes or no
//	[engine]  submit_slots                  SMK_SUBMIT_SLOTS                  number
//	[engine]  submit_bytes                  SMK_SUBMIT_BYTES                  number
//	[engine]  time_submissions              SMK_TIME_SUBMISSIONS              yes or no
//	[engine]  slow_handler                  SMK_SLOW_HANDLER                  time
//	[engine]  loop_delay                    SMK_LOOP_DELAY                    time
//	[engine]  references_off                SMK_REFERENCES_OFF                yes or no
//	[engine]  state_off                     SMK_STATE_OFF                     yes or no
//	[engine]  state_file                    SMK_STATE_FILE                    text
//	[engine]  state_account                 SMK_STATE_ACCOUNT                 text
//	[engine]  state_save_every              SMK_STATE_SAVE_EVERY              time
//	[engine]  state_durable_intents         SMK_STATE_DURABLE_INTENTS         yes or no
//	[engine]  state_on_save_failed          SMK_STATE_ON_SAVE_FAILED          name
//	[engine]  follow_off                    SMK_FOLLOW_OFF                    yes or no
//	[engine]  on_stop                       SMK_ON_STOP                       name
//	[engine]  stop_timeout                  SMK_STOP_TIMEOUT                  time
//	[engine]  cancel_all_on_panic           SMK_CANCEL_ALL_ON_PANIC           yes or no
//	[session] username                      SMK_USERNAME                      text
//	[session] password                      SMK_PASSWORD                      text
//	[session] password_file                 SMK_PASSWORD_FILE                 text
//	[session] token                         SMK_TOKEN                         text
//	[session] token_file                    SMK_TOKEN_FILE                    text
//	[session] resume                        SMK_RESUME                        name
//	[session] account_sequence              SMK_ACCOUNT_SEQUENCE              number
//	[session] account_from_start            SMK_ACCOUNT_FROM_START            yes or no
//	[session] require_caught_up             SMK_REQUIRE_CAUGHT_UP             yes or no
//	[session] cancel_unresolved             SMK_CANCEL_UNRESOLVED             yes or no
//	[session] reconnect_on_account_gap      SMK_RECONNECT_ON_ACCOUNT_GAP      yes or no
//	[session] cancel_all_on_failure         SMK_CANCEL_ALL_ON_FAILURE         yes or no
//	[session] reference_base                SMK_REFERENCE_BASE                number
//	[session] throttle_off                  SMK_THROTTLE_OFF                  yes or no
//	[session] login_timeout                 SMK_LOGIN_TIMEOUT                 time
//	[session] logout_timeout                SMK_LOGOUT_TIMEOUT                time
//	[session] heartbeat_after               SMK_HEARTBEAT_AFTER               time
//	[session] peer_timeout                  SMK_PEER_TIMEOUT                  time
//	[session] replay_timeout                SMK_REPLAY_TIMEOUT                time
//	[session] stale_after                   SMK_STALE_AFTER                   time
//	[session] answer_timeout                SMK_ANSWER_TIMEOUT                time
//	[session] unanswered_max                SMK_UNANSWERED_MAX                number
//	[session] send_bytes                    SMK_SEND_BYTES                    number
//	[session] send_records                  SMK_SEND_RECORDS                  number
//	[session] receive_bytes                 SMK_RECEIVE_BYTES                 number
//	[session] payload_bytes_max             SMK_PAYLOAD_BYTES_MAX             number
//	[session] header_bytes_max              SMK_HEADER_BYTES_MAX              number
//	[tls]     server_name                   SMK_TLS_SERVER_NAME               text
//	[tls]     roots_file                    SMK_TLS_ROOTS_FILE                text
//	[tls]     certificate_file              SMK_TLS_CERTIFICATE_FILE          text
//	[tls]     key_file                      SMK_TLS_KEY_FILE                  text
//	[risk]    order_quantity_max            SMK_RISK_ORDER_QUANTITY_MAX       amount
//	[risk]    order_stake_max               SMK_RISK_ORDER_STAKE_MAX          amount
//	[risk]    order_liability_max           SMK_RISK_ORDER_LIABILITY_MAX      amount
//	[risk]    collar_ticks                  SMK_RISK_COLLAR_TICKS             number
//	[risk]    collar_fraction               SMK_RISK_COLLAR_FRACTION          percentage
//	[risk]    collar_micro                  SMK_RISK_COLLAR_MICRO             yes or no
//	[risk]    collar_max_age                SMK_RISK_COLLAR_MAX_AGE           time
//	[risk]    collar_on_absent              SMK_RISK_COLLAR_ON_ABSENT         name
//	[risk]    collar_on_suspect             SMK_RISK_COLLAR_ON_SUSPECT        name
//	[risk]    collar_on_empty               SMK_RISK_COLLAR_ON_EMPTY          name
//	[risk]    refuse_self_cross             SMK_RISK_REFUSE_SELF_CROSS        yes or no
//	[risk]    contract_orders_max           SMK_RISK_CONTRACT_ORDERS_MAX      number
//	[risk]    orders_max                    SMK_RISK_ORDERS_MAX               number
//	[risk]    contract_exposure_max         SMK_RISK_CONTRACT_EXPOSURE_MAX    amount
//	[risk]    market_exposure_max           SMK_RISK_MARKET_EXPOSURE_MAX      amount
//	[risk]    account_exposure_max          SMK_RISK_ACCOUNT_EXPOSURE_MAX     amount
//	[risk]    loss_max                      SMK_RISK_LOSS_MAX                 amount
//	[risk]    on_loss                       SMK_RISK_ON_LOSS                  name
//	[risk]    drift_max                     SMK_RISK_DRIFT_MAX                amount
//	[risk]    on_drift                      SMK_RISK_ON_DRIFT                 name
//	[risk]    rate                          SMK_RISK_RATE                     number
//	[risk]    burst                         SMK_RISK_BURST                    number
//	[risk]    duplicate_window              SMK_RISK_DUPLICATE_WINDOW         time
//	[risk]    duplicate_orders              SMK_RISK_DUPLICATE_ORDERS         number
//	[risk]    markets                       SMK_RISK_MARKETS                  numbers
//	[risk]    markets_max                   SMK_RISK_MARKETS_MAX              number
//	[risk]    watchdog                      SMK_RISK_WATCHDOG                 time
//	[risk]    cancel_all_retry              SMK_RISK_CANCEL_ALL_RETRY         time
//	[risk]    cancel_all_tries              SMK_RISK_CANCEL_ALL_TRIES         number
//	[risk]    refusals                      SMK_RISK_REFUSALS                 number
//	[risk]    halt_file                     SMK_RISK_HALT_FILE                text
//	[risk]    halt_file_period              SMK_RISK_HALT_FILE_PERIOD         time
//	[risk]    halt_incomplete               SMK_RISK_HALT_INCOMPLETE          names
//	[risk]    on_unresolved                 SMK_RISK_ON_UNRESOLVED            name
//	[risk]    doubt_timeout                 SMK_RISK_DOUBT_TIMEOUT            time
//	[orders]  orders                        SMK_ORDERS_ORDERS                 number
//	[orders]  retained                      SMK_ORDERS_RETAINED               number
//	[orders]  requests                      SMK_ORDERS_REQUESTS               number
//	[orders]  contracts                     SMK_ORDERS_CONTRACTS              number
//	[orders]  fills                         SMK_ORDERS_FILLS                  number
//	[orders]  retain_for                    SMK_ORDERS_RETAIN_FOR             time
//	[orders]  independent_contracts         SMK_ORDERS_INDEPENDENT_CONTRACTS  yes or no
//	[orders]  commission                    SMK_ORDERS_COMMISSION             percentage
//	[orders]  tolerance                     SMK_ORDERS_TOLERANCE              amount
//	[orders]  drift_after                   SMK_ORDERS_DRIFT_AFTER            time
//	[orders]  handle_replayed               SMK_ORDERS_HANDLE_REPLAYED        yes or no
//	[books]   markets                       SMK_BOOKS_MARKETS                 number
//	[books]   contracts                     SMK_BOOKS_CONTRACTS               number
//	[books]   orders                        SMK_BOOKS_ORDERS                  number
//	[books]   depth                         SMK_BOOKS_DEPTH                   number
//	[books]   depth_max                     SMK_BOOKS_DEPTH_MAX               number
//	[books]   snapshot_timeout              SMK_BOOKS_SNAPSHOT_TIMEOUT        time
//	[books]   crossed_timeout               SMK_BOOKS_CROSSED_TIMEOUT         time
//	[books]   max_age                       SMK_BOOKS_MAX_AGE                 time
//	[books]   resubscriptions               SMK_BOOKS_RESUBSCRIPTIONS         number
//	[books]   in_place_replaces             SMK_BOOKS_IN_PLACE_REPLACES       yes or no
//	[quotes]  contracts                     SMK_QUOTES_CONTRACTS              number
//	[quotes]  levels                        SMK_QUOTES_LEVELS                 number
//	[quotes]  orders                        SMK_QUOTES_ORDERS                 number
//	[quotes]  actions                       SMK_QUOTES_ACTIONS                number
//	[quotes]  ignore                        SMK_QUOTES_IGNORE                 names
//	[quotes]  replace_off                   SMK_QUOTES_REPLACE_OFF            yes or no
//	[quotes]  retry_min                     SMK_QUOTES_RETRY_MIN              time
//	[quotes]  retry_max                     SMK_QUOTES_RETRY_MAX              time
//	[quotes]  attempts_max                  SMK_QUOTES_ATTEMPTS_MAX           number
//	[quotes]  give_up_for                   SMK_QUOTES_GIVE_UP_FOR            time
//	[quotes]  overdue_after                 SMK_QUOTES_OVERDUE_AFTER          time
//	[quotes]  resume_after                  SMK_QUOTES_RESUME_AFTER           time
//	[quotes]  cancel_all_off                SMK_QUOTES_CANCEL_ALL_OFF         yes or no
//	[journal] dir                           SMK_JOURNAL_DIR                   text
//	[journal] name                          SMK_JOURNAL_NAME                  text
//	[journal] ring_bytes                    SMK_JOURNAL_RING_BYTES            size
//	[journal] segment_bytes                 SMK_JOURNAL_SEGMENT_BYTES         size
//	[journal] on_full                       SMK_JOURNAL_ON_FULL               name
//	[journal] wait_max                      SMK_JOURNAL_WAIT_MAX              time
//	[journal] durability                    SMK_JOURNAL_DURABILITY            name
//	[journal] interval                      SMK_JOURNAL_INTERVAL              time
//	[journal] pause                         SMK_JOURNAL_PAUSE                 time
//	[journal] on_failure                    SMK_JOURNAL_ON_FAILURE            name
//	[journal] keep_bytes                    SMK_JOURNAL_KEEP_BYTES            size
//	[journal] keep_for                      SMK_JOURNAL_KEEP_FOR              time
//
// # Profiles and flags
//
// A section whose name ends in a colon and a name belongs to the profile of that name. It counts only if the profile
// is asked for, by Options.Profile or SMK_PROFILE, and then wins over the section without it, from whichever file.
// Sections of the bot's own may have profiles, too. The keys of all profiles are checked, asked for or not, and two
// names of profiles that differ in case alone are refused.
//
//	[engine]
//	address = exchange.example.com:3801
//
//	[engine:sim]
//	address = 127.0.0.1:3701
//	plain = yes
//
// Options.Flags are settings of the command line. So a flag wins over the environment, this over the profile, this
// over the rest of the files, and these over the defaults. A credential has no place among the flags; the name of
// its file has, and wins over the environment like any other flag.
//
// # Failure
//
// Whatever is not understood is refused: a section, a key or a variable that does
// not exist, with the nearest one that does; a value that is none; the section
// [inherits]. Variables that Kubernetes or Docker seem to have set for a service
// called smk, such as SMK_PORT and SMK_SERVICE_HOST, are named as such. An *Error
// says where, by file, line and key. No error, and nothing that prints a value of
// this package, holds a username, a password or a token.
package config
