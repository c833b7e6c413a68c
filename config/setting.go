package config

import (
	"crypto/tls"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/engine/session"
)

// variablePrefix is what the names of all our variables of the environment start with.
const variablePrefix = "SMK_"

// target is what settings set.
type target struct {
	engine.Config
	serverName      string
	rootsFile       string
	certificateFile string
	keyFile         string
	passwordFile    string
	tokenFile       string
}

// setting is a key of the files, which is a variable of the environment too.
type setting struct {
	section string
	key     string
	field   string // of engine.Config, as errors of engine.New name it; "" if it has none
	secret  bool
	set     func(t *target, text string) (want string, ok bool)
}

// sections are those that settings are in.
var sections = []string{"engine", "session", "tls", "risk", "orders", "books", "quotes", "journal"}

// name is the setting's key with its section.
func (s *setting) name() string { return s.section + "." + s.key }

// variable is the setting's name in the environment.
func (s *setting) variable() string {
	switch s.section {
	case "engine", "session":
		return variablePrefix + strings.ToUpper(s.key)
	}
	return variablePrefix + strings.ToUpper(s.section+"_"+s.key)
}

// settings are all there are.
var settings = slices.Concat(connection, trading, recording)

// connection are the settings of the engine, the session and TLS.
var connection = []setting{
	{"engine", "address", "Address", false, text(func(t *target) *string { return &t.Address })},
	{"engine", "plain", "DisableTLS", false, truth(func(t *target) *bool { return &t.DisableTLS })},
	{
		"engine", "credentials_timeout", "CredentialsTimeout", false,
		duration(func(t *target) *time.Duration { return &t.CredentialsTimeout }),
	},
	{
		"engine", "dial_timeout", "DialTimeout", false,
		duration(func(t *target) *time.Duration { return &t.DialTimeout }),
	},
	{
		"engine", "pauses", "ReconnectBackoff", false,
		durations(func(t *target) *[]time.Duration { return &t.ReconnectBackoff }),
	},
	{
		"engine", "send_timeout", "SendTimeout", false,
		duration(func(t *target) *time.Duration { return &t.SendTimeout }),
	},
	{
		"engine", "wait", "Wait", false,
		choice(func(t *target) *engine.Wait { return &t.Wait }, "block", "spin", "spinblock"),
	},
	{"engine", "spin_rounds", "SpinRounds", false, integer(func(t *target) *int { return &t.SpinRounds })},
	{"engine", "lock_thread", "LockThread", false, truth(func(t *target) *bool { return &t.LockThread })},
	{"engine", "pin", "Pin", false, truth(func(t *target) *bool { return &t.Pin })},
	{"engine", "core", "Core", false, integer(func(t *target) *int { return &t.Core })},
	{
		"engine", "subscriptions_max", "SubscriptionsMax", false,
		integer(func(t *target) *int { return &t.SubscriptionsMax }),
	},
	{"engine", "restore_off", "DisableRestore", false, truth(func(t *target) *bool { return &t.DisableRestore })},
	{"engine", "submit_slots", "SubmitSlots", false, integer(func(t *target) *int { return &t.SubmitSlots })},
	{"engine", "submit_bytes", "SubmitBytes", false, integer(func(t *target) *int { return &t.SubmitBytes })},
	{
		"engine", "time_submissions", "TimeSubmissions", false,
		truth(func(t *target) *bool { return &t.TimeSubmissions }),
	},
	{
		"engine", "slow_handler", "SlowHandler", false,
		duration(func(t *target) *time.Duration { return &t.SlowHandler }),
	},
	{"engine", "loop_delay", "LoopDelay", false, duration(func(t *target) *time.Duration { return &t.LoopDelay })},
	{
		"engine", "references_off", "DisableReferences", false,
		truth(func(t *target) *bool { return &t.DisableReferences }),
	},
	{"engine", "state_off", "State.Disable", false, truth(func(t *target) *bool { return &t.State.Disable })},
	{"engine", "state_file", "State.File", false, text(func(t *target) *string { return &t.State.File })},
	{"engine", "state_account", "State.Account", false, text(func(t *target) *string { return &t.State.Account })},
	{
		"engine", "state_save_every", "State.SaveEvery", false,
		duration(func(t *target) *time.Duration { return &t.State.SaveEvery }),
	},
	{
		"engine", "state_durable_intents", "State.DurableIntents", false,
		truth(func(t *target) *bool { return &t.State.DurableIntents }),
	},
	{
		"engine", "state_on_save_failed", "State.OnSaveFailed", false,
		choice(func(t *target) *engine.SaveFailurePolicy { return &t.State.OnSaveFailed }, "hold_orders",
			"trade_unsaved"),
	},
	{
		"engine", "follow_off", "State.DisableFollow", false,
		truth(func(t *target) *bool { return &t.State.DisableFollow }),
	},
	{
		"engine", "on_stop", "OnStop", false,
		choice(func(t *target) *engine.StopAction { return &t.OnStop }, "auto", "cancel_all", "leave"),
	},
	{
		"engine", "stop_timeout", "StopTimeout", false,
		duration(func(t *target) *time.Duration { return &t.StopTimeout }),
	},
	{
		"engine", "cancel_all_on_panic", "CancelAllOnPanic", false,
		truth(func(t *target) *bool { return &t.CancelAllOnPanic }),
	},

	{"session", "username", "Session.Username", true, text(func(t *target) *string { return &t.Session.Username })},
	{"session", "password", "Session.Password", true, text(func(t *target) *string { return &t.Session.Password })},
	{"session", "password_file", "", false, text(func(t *target) *string { return &t.passwordFile })},
	{"session", "token", "Session.Token", true, text(func(t *target) *string { return &t.Session.Token })},
	{"session", "token_file", "", false, text(func(t *target) *string { return &t.tokenFile })},
	{
		"session", "resume", "Session.Resume", false,
		choice(func(t *target) *session.ResumeMode { return &t.Session.Resume }, "account", "session", "none"),
	},
	{
		"session", "account_sequence", "Session.AccountSequence", false,
		unsigned(func(t *target) *uint64 { return &t.Session.AccountSequence }),
	},
	{
		"session", "account_from_start", "Session.AccountFromStart", false,
		truth(func(t *target) *bool { return &t.Session.AccountFromStart }),
	},
	{
		"session", "require_caught_up", "Session.RequireCaughtUp", false,
		truth(func(t *target) *bool { return &t.Session.RequireCaughtUp }),
	},
	{
		"session", "cancel_unresolved", "Session.CancelUnresolved", false,
		truth(func(t *target) *bool { return &t.Session.CancelUnresolved }),
	},
	{
		"session", "reconnect_on_account_gap", "Session.ReconnectOnAccountGap", false,
		truth(func(t *target) *bool { return &t.Session.ReconnectOnAccountGap }),
	},
	{
		"session", "cancel_all_on_failure", "Session.CancelAllOnFailure", false,
		truth(func(t *target) *bool { return &t.Session.CancelAllOnFailure }),
	},
	{
		"session", "reference_base", "Session.ReferenceBase", false,
		unsigned(func(t *target) *uint64 { return &t.Session.ReferenceBase }),
	},
	{
		"session", "throttle_off", "Session.DisableThrottle", false,
		truth(func(t *target) *bool { return &t.Session.DisableThrottle }),
	},
	{
		"session", "login_timeout", "Session.LoginTimeout", false,
		duration(func(t *target) *time.Duration { return &t.Session.LoginTimeout }),
	},
	{
		"session", "logout_timeout", "Session.LogoutTimeout", false,
		duration(func(t *target) *time.Duration { return &t.Session.LogoutTimeout }),
	},
	{
		"session", "heartbeat_after", "Session.HeartbeatAfter", false,
		duration(func(t *target) *time.Duration { return &t.Session.HeartbeatAfter }),
	},
	{
		"session", "peer_timeout", "Session.PeerTimeout", false,
		duration(func(t *target) *time.Duration { return &t.Session.PeerTimeout }),
	},
	{
		"session", "replay_timeout", "Session.ReplayTimeout", false,
		duration(func(t *target) *time.Duration { return &t.Session.ReplayTimeout }),
	},
	{
		"session", "stale_after", "Session.StaleAfter", false,
		duration(func(t *target) *time.Duration { return &t.Session.StaleAfter }),
	},
	{
		"session", "answer_timeout", "Session.AnswerTimeout", false,
		duration(func(t *target) *time.Duration { return &t.Session.AnswerTimeout }),
	},
	{
		"session", "unanswered_max", "Session.UnansweredMax", false,
		integer(func(t *target) *int { return &t.Session.UnansweredMax }),
	},
	{
		"session", "send_bytes", "Session.Send.Bytes", false,
		integer(func(t *target) *int { return &t.Session.Send.Bytes }),
	},
	{
		"session", "send_records", "Session.Send.Records", false,
		integer(func(t *target) *int { return &t.Session.Send.Records }),
	},
	{
		"session", "receive_bytes", "Session.ReceiveBytes", false,
		integer(func(t *target) *int { return &t.Session.ReceiveBytes }),
	},
	{
		"session", "payload_bytes_max", "Session.Limits.PayloadBytesMax", false,
		integer(func(t *target) *int { return &t.Session.Limits.PayloadBytesMax }),
	},
	{
		"session", "header_bytes_max", "Session.Limits.HeaderBytesMax", false,
		integer(func(t *target) *int { return &t.Session.Limits.HeaderBytesMax }),
	},

	{"tls", "server_name", "TLS", false, text(func(t *target) *string { return &t.serverName })},
	{"tls", "roots_file", "TLS", false, text(func(t *target) *string { return &t.rootsFile })},
	{"tls", "certificate_file", "TLS", false, text(func(t *target) *string { return &t.certificateFile })},
	{"tls", "key_file", "TLS", false, text(func(t *target) *string { return &t.keyFile })},
}

// findSetting returns the setting of a section with that key, or nil.
func findSetting(section, key string) *setting {
	for i := range settings {
		if s := &settings[i]; s.section == section && s.key == key {
			return s
		}
	}
	return nil
}

// isSecret reports whether a value under that key, in whatever section, may be a
// credential.
func isSecret(key string) bool {
	return slices.ContainsFunc(settings, func(s setting) bool { return s.secret && s.key == key })
}

// The functions below make a setter of a field. It returns false, and what it
// wants, for a text that is none.

func text(field func(*target) *string) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		*field(t) = s
		return "one line of text without a byte order mark",
			!strings.ContainsAny(s, "\r\n\x00") && utf8.ValidString(s) && !strings.HasPrefix(s, byteOrderMark)
	}
}

func truth(field func(*target) *bool) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		switch strings.ToLower(s) {
		case "1", "yes", "true", "on":
			*field(t) = true
		case "0", "no", "false", "off":
			*field(t) = false
		default:
			return "yes or no", false
		}
		return "", true
	}
}

func integer(field func(*target) *int) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		n, err := strconv.ParseInt(s, 10, 32)
		*field(t) = int(n)
		return "a whole number of at most 2147483647", err == nil && s[0] != '+'
	}
}

func unsigned(field func(*target) *uint64) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		n, err := strconv.ParseUint(s, 10, 64)
		*field(t) = n
		return "a whole number of at most 18446744073709551615", err == nil
	}
}

const wantDuration = "a time such as 10s, 1.5s or 500ms"

func duration(field func(*target) *time.Duration) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		d, err := time.ParseDuration(s)
		*field(t) = d
		return wantDuration, err == nil
	}
}

func durations(field func(*target) *[]time.Duration) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		var list []time.Duration
		for part := range strings.SplitSeq(s, ",") {
			d, err := time.ParseDuration(strings.TrimSpace(part))
			if err != nil {
				return "times with commas between them, such as 0s, 500ms, 2s", false
			}
			list = append(list, d)
		}
		*field(t) = list
		return "", true
	}
}

// choice takes the names of the values 0, 1 and so on.
func choice[T ~uint8](field func(*target) *T, names ...string) func(*target, string) (string, bool) {
	return func(t *target, s string) (string, bool) {
		i := slices.Index(names, strings.ToLower(s))
		*field(t) = T(max(i, 0))
		return "one of " + strings.Join(names, ", "), i >= 0
	}
}

// tls makes the TLS settings of the names of files, or nil if there are none. path
// says where a setting's file is.
func (t *target) tls(path func(key, file string) string) (*tls.Config, error) {
	if t.serverName == "" && t.rootsFile == "" && t.certificateFile == "" && t.keyFile == "" {
		return nil, nil
	}
	c := &tls.Config{ServerName: t.serverName, MinVersion: tls.VersionTLS12}
	if t.rootsFile != "" {
		pool, err := readRoots(path("roots_file", t.rootsFile))
		if err != nil {
			return nil, &tlsError{"roots_file", err}
		}
		c.RootCAs = pool
	}
	if t.certificateFile != "" || t.keyFile != "" {
		if t.certificateFile == "" || t.keyFile == "" {
			return nil, &tlsError{"certificate_file", errPair}
		}
		pair, err := readPair(path("certificate_file", t.certificateFile), path("key_file", t.keyFile))
		if err != nil {
			return nil, &tlsError{"certificate_file", err}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
