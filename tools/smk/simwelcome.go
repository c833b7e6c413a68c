package main

import (
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"

	"github.com/smk-go/smk/sim"
)

// welcome is what the exchange says first: how to reach it, and what there is.
type welcome struct {
	Listening   string   `json:"listening"` // the address that the exchange listens on
	Address     string   `json:"address"`   // one that clients on this machine reach it at
	Host        string   `json:"host"`
	Port        int      `json:"port"`
	TLS         bool     `json:"tls"`
	Fingerprint string   `json:"fingerprint,omitempty"` // SHA-256 of the certificate
	Trust       string   `json:"trust,omitempty"`       // the file that clients are to trust
	Seed        uint64   `json:"seed"`
	Speed       float64  `json:"speed"`
	Life        int      `json:"life"`
	Faults      string   `json:"faults,omitempty"`
	Scenario    string   `json:"scenario,omitempty"`
	Usernames   []string `json:"usernames"`
	Markets     []uint32 `json:"markets"`

	password string // of the first username, if it is one that everybody knows
}

func welcomeOf(c *simCommand, config sim.Config, addr net.Addr, s *security) welcome {
	w := welcome{Listening: addr.String(), Address: addr.String(), Seed: c.Seed, Speed: c.Speed, Life: c.Life, Faults: c.Faults}
	if a, ok := addr.(*net.TCPAddr); ok {
		w.Port = a.Port
		w.Host = a.IP.String()
		if a.IP.IsUnspecified() {
			w.Host = "127.0.0.1"
		}
		w.Address = net.JoinHostPort(w.Host, strconv.Itoa(w.Port))
	}
	if c.scenario != nil {
		w.Scenario = c.scenario.Name + ": " + c.scenario.About
	}
	if s != nil {
		w.TLS, w.Fingerprint, w.Trust = true, s.fingerprint, s.trust
	}
	for _, a := range config.Accounts {
		w.Usernames = append(w.Usernames, a.Username)
	}
	for _, m := range config.Markets {
		w.Markets = append(w.Markets, m.ID)
	}
	if c.Accounts == "" {
		w.password = sim.DemoPassword
	}
	return w
}

// writeText prints it for people.
func (w *welcome) writeText(out io.Writer) error {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-11s %s\n", name, fmt.Sprintf(format, args...))
	}
	kind := "plain TCP"
	if w.TLS {
		kind = "TLS"
	}
	if w.Listening != w.Address {
		kind += ", every interface of this machine"
	}
	line("listening", "%s, %s", w.Listening, kind)
	if w.Fingerprint != "" {
		line("fingerprint", "SHA-256 %s", w.Fingerprint)
	}
	if w.Trust != "" {
		line("trust", "%s holds the certificate that clients are to trust", w.Trust)
	}
	line("exchange", "seed %d, %v times real time, %d actions of others a second", w.Seed, w.Speed, w.Life)
	if w.Faults != "" {
		line("faults", "%s", w.Faults)
	}
	if w.Scenario != "" {
		line("scenario", "%s", w.Scenario)
	}
	line("accounts", "%s", some(w.Usernames))
	markets := make([]string, len(w.Markets))
	for i, id := range w.Markets {
		markets[i] = strconv.FormatUint(uint64(id), 10)
	}
	line("markets", "%s", some(markets))
	user, password := "USERNAME", "PASSWORD"
	if len(w.Usernames) > 0 {
		user = w.Usernames[0]
	}
	if w.password != "" {
		password = w.password
	}
	w.writeClients(line, user, password)
	line("end", "interrupt it (Ctrl-C): clients are told, then it ends")
	_, err := io.WriteString(out, b.String())
	return err
}

// writeClients shows how two clients connect.
func (w *welcome) writeClients(line func(name, format string, args ...any), user, password string) {
	line("smk", "engine.Config{")
	line("", "    Address: %q,", w.Address)
	switch {
	case !w.TLS:
		line("", "    Plain:   true,")
	case w.Trust != "":
		line("", "    TLS:     &tls.Config{RootCAs: pool}, // pool.AppendCertsFromPEM of %s", w.Trust)
	}
	line("", "    Session: session.Config{Username: %q, Password: %q},", user, password)
	line("", "}")
	line("python", "settings = SessionSettings(%s, %s)", pythonText(user), pythonText(password))
	line("", "settings.host, settings.port = %s, %d", pythonText(w.Host), w.Port)
	switch {
	case !w.TLS:
		line("", "settings.ssl = False")
	case w.Trust != "":
		line("", "settings.ssl = True")
		line("", "settings.ssl_kwargs = {'ca_certs': %s, 'cert_reqs': ssl.CERT_REQUIRED}", pythonText(w.Trust))
	default:
		line("", "settings.ssl = True")
	}
	line("", "client = StreamingAPIClient(Session(settings)); client.login()")
}

// pythonText writes text as Python does.
func pythonText(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`).Replace(s) + "'"
}

// someMax is how many names are listed.
const someMax = 8

func some(list []string) string {
	if len(list) == 0 {
		return "none"
	}
	if len(list) > someMax {
		return fmt.Sprintf("%s and %d more", strings.Join(list[:someMax], ", "), len(list)-someMax)
	}
	return strings.Join(list, ", ")
}
