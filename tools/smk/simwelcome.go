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
	IPv6Only    bool     `json:"ipv6_only,omitempty"`   // clients that speak IPv4 alone cannot connect
	Truth       string   `json:"truth,omitempty"`       // where what the exchange knows can be read
	Seed        uint64   `json:"seed"`
	Speed       float64  `json:"speed"`
	Life        int      `json:"life"`
	Faults      string   `json:"faults,omitempty"`
	Scenario    string   `json:"scenario,omitempty"`
	Usernames   []string `json:"usernames"`
	Markets     []uint32 `json:"markets"`

	Accounts  []knownAccount   `json:"accounts"`
	Contracts []listedContract `json:"contracts"`
}

// knownAccount is an account, with its credentials if everybody knows them.
type knownAccount struct {
	Username string `json:"username"`
	Password string `json:"password,omitempty"`
	Token    string `json:"token,omitempty"`
}

type listedContract struct {
	ID     uint32 `json:"id"`
	Market uint32 `json:"market"`
	Name   string `json:"name,omitempty"`
}

func welcomeOf(c *simCommand, config sim.Config, addr net.Addr, s *security, truth *truthServer) welcome {
	w := welcome{Listening: addr.String(), Seed: c.Seed, Speed: c.Speed, Life: c.Life, Faults: c.Faults}
	w.Host, w.Address = reachable(addr)
	if a, ok := addr.(*net.TCPAddr); ok {
		w.Port = a.Port
		w.IPv6Only = a.IP.To4() == nil && !a.IP.IsUnspecified()
	}
	if truth != nil {
		w.Truth = truth.url
	}
	if c.scenario != nil {
		w.Scenario = c.scenario.Name + ": " + c.scenario.About
	}
	if s != nil {
		w.TLS, w.Fingerprint, w.Trust = true, s.fingerprint, s.trust
	}
	for _, a := range config.Accounts {
		w.Usernames = append(w.Usernames, a.Username)
		known := knownAccount{Username: a.Username}
		if c.Accounts == "" {
			known.Password, known.Token = a.Password, a.Token
		}
		w.Accounts = append(w.Accounts, known)
	}
	for _, m := range config.Markets {
		w.Markets = append(w.Markets, m.ID)
		for _, ct := range m.Contracts {
			w.Contracts = append(w.Contracts, listedContract{ct.ID, m.ID, ct.Name})
		}
	}
	return w
}

// reachable returns where clients on this machine reach what listens on an address.
func reachable(addr net.Addr) (host, address string) {
	a, ok := addr.(*net.TCPAddr)
	if !ok {
		return "", addr.String()
	}
	if host = (&net.IPAddr{IP: a.IP, Zone: a.Zone}).String(); a.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	return host, net.JoinHostPort(host, strconv.Itoa(a.Port))
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
	if w.IPv6Only {
		line("", "clients that speak IPv4 alone, such as the Python SDK, cannot connect: "+
			"--addr 127.0.0.1:%d or [::]:%d is for them", w.Port, w.Port)
	}
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
	if w.Truth != "" {
		line("truth", "%s answers GET with what the exchange knows, as JSON", w.Truth)
	}
	w.writeNames(line)
	w.writeClients(line)
	line("end", "interrupt it (Ctrl-C): clients are told, then it ends")
	_, err := io.WriteString(out, b.String())
	return err
}

// writeNames lists accounts, tokens that everybody knows, markets and contracts.
func (w *welcome) writeNames(line func(name, format string, args ...any)) {
	line("accounts", "%s", some(w.Usernames))
	var tokens, markets []string
	for _, a := range w.Accounts {
		if a.Token != "" {
			tokens = append(tokens, a.Token)
		}
	}
	if len(tokens) > 0 {
		line("tokens", "%s", some(tokens))
	}
	contracts := make(map[uint32][]string)
	for _, c := range w.Contracts {
		contracts[c.Market] = append(contracts[c.Market], strings.TrimSpace(fmt.Sprintf("%d %s", c.ID, c.Name)))
	}
	for _, id := range w.Markets {
		markets = append(markets, strconv.FormatUint(uint64(id), 10))
	}
	line("markets", "%s", some(markets))
	for i, id := range w.Markets[:min(len(w.Markets), someMax)] {
		name := ""
		if i == 0 {
			name = "contracts"
		}
		line(name, "%d: %s", id, some(contracts[id]))
	}
}

// writeClients shows how two clients connect.
func (w *welcome) writeClients(line func(name, format string, args ...any)) {
	user, password := "USERNAME", "PASSWORD"
	if len(w.Accounts) > 0 {
		user = w.Accounts[0].Username
		if known := w.Accounts[0].Password; known != "" {
			password = known
		}
	}
	line("smk", "engine.Config{")
	line("", "    Address: %q,", w.Address)
	switch {
	case !w.TLS:
		line("", "    DisableTLS: true,")
	case w.Trust != "":
		line("", "    TLS:     &tls.Config{RootCAs: pool}, // pool.AppendCertsFromPEM of %s", w.Trust)
	}
	line("", "    Session: session.Config{Username: %q, Password: %q},", user, password)
	line("", "}")
	line("python", "from smarkets.streaming_api.api import Session, SessionSettings, StreamingAPIClient")
	line("", "settings = SessionSettings(%s, %s)", pythonText(user), pythonText(password))
	line("", "settings.host, settings.port = %s, %d", pythonText(w.Host), w.Port)
	line("", "settings.ssl = %s", map[bool]string{true: "True", false: "False"}[w.TLS])
	if w.TLS {
		line("", "import ssl")
		trust := ""
		if w.Trust != "" {
			line("", "settings.ssl_kwargs = {'ca_certs': %s, 'cert_reqs': ssl.CERT_REQUIRED}", pythonText(w.Trust))
			trust = "cafile=" + pythonText(w.Trust)
		}
		line("", "# The SDK calls ssl.wrap_socket. Python 3.12 and later have none: there this stands in for it.")
		line("", "context = ssl.create_default_context(%s); context.check_hostname = False", trust)
		line("", "if not hasattr(ssl, 'wrap_socket'):")
		line("", "    ssl.wrap_socket = lambda sock, **kwargs: context.wrap_socket(sock)")
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
