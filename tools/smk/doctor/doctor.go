package doctor

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/smk-go/smk/config"
	"github.com/smk-go/smk/engine"
)

// Names of checks.
const (
	nameSettings    = "settings"
	nameDNS         = "dns"
	nameTCP         = "tcp"
	nameTLS         = "tls"
	nameCertificate = "certificate"
	nameLogin       = "login"
	namePing        = "ping"
	nameThrottle    = "throttle"
	nameLogout      = "logout"
	nameClock       = "clock"
	nameCores       = "cores"
	nameGovernor    = "governor"
	nameDescriptors = "descriptors"
	nameMemory      = "memlock"
	nameStateFile   = "state file"
	nameHaltFile    = "halt file"
)

// noSettings is why a check is skipped.
const noSettings = "the settings cannot be used"

// Options say what is checked.
type Options struct {
	Config  string         // file with settings; "" means the environment alone
	Load    config.Options // Directories, Environ, Own and OwnKeys
	Address string         // instead of that of the settings, if not ""
	Plain   bool           // without TLS, whatever the settings say
	Market  uint32         // whose trades the clock is compared with, if not 0
	NoLogin bool           // no login, and nothing that needs one
	Timeout time.Duration  // of each check; positive

	// What is asked; nil means the system.
	Network Network
	Machine Machine
	Now     func() time.Time
}

// Network finds and opens connections.
type Network interface {
	Lookup(ctx context.Context, host string) ([]net.IPAddr, error)
	Dial(ctx context.Context, network, address string) (net.Conn, error)
}

// system is the Network of the system.
type system struct{}

func (system) Lookup(ctx context.Context, host string) ([]net.IPAddr, error) {
	return net.DefaultResolver.LookupIPAddr(ctx, host)
}

func (system) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, address)
}

// doctor is one Run.
type doctor struct {
	Options
	engine     engine.Config // the bot's settings, with those of flags
	host, port string
	report     Report

	offset    *offset       // nil if it was not measured
	roundTrip time.Duration // median
}

// Run checks everything, in order, each check within Options.Timeout. What it opened is closed when it returns; a file
// system that hangs keeps a goroutine. The end of ctx ends the check that is under way, and all others fail.
func Run(ctx context.Context, o Options) *Report {
	if o.Network == nil {
		o.Network = system{}
	}
	if o.Machine == nil {
		o.Machine = local{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	d := &doctor{Options: o, report: Report{Healthy: true, Files: []string{}, Settings: []Setting{}}}
	usable := d.checkSettings()
	if usable {
		d.report.Address, d.report.TLS = d.engine.Address, !d.engine.DisableTLS
		d.checkNetwork(ctx)
	} else {
		d.skip(noSettings, nameDNS, nameTCP, nameTLS, nameCertificate, nameLogin, namePing,
			nameThrottle, nameLogout)
	}
	for _, c := range []struct {
		name     string
		check    func() Check
		settings bool // needed
	}{
		{nameClock, d.clock, false},
		{nameCores, d.cores, true},
		{nameGovernor, d.governor, false},
		{nameDescriptors, d.descriptors, false},
		{nameMemory, d.lockedMemory, false},
		{nameStateFile, d.stateFile, true},
		{nameHaltFile, d.haltFile, true},
	} {
		if c.settings && !usable {
			d.skip(noSettings, c.name)
			continue
		}
		d.report.add(d.bounded(ctx, c.name, c.check))
	}
	return &d.report
}

// checkNetwork checks what a login needs, each on top of the one before, and the login.
func (d *doctor) checkNetwork(ctx context.Context) {
	addresses := d.lookup(ctx)
	if len(addresses) == 0 {
		d.skip("there is no address", nameTCP, nameTLS, nameCertificate, nameLogin, namePing, nameThrottle, nameLogout)
		return
	}
	conn := d.connect(ctx, addresses)
	if conn == nil {
		d.skip("there is no connection", nameTLS, nameCertificate, nameLogin, namePing, nameThrottle, nameLogout)
		return
	}
	trusted := d.handshake(ctx, conn)
	_ = conn.Close() // it has served
	switch {
	case d.NoLogin:
		d.skip("--no-login", nameLogin, namePing, nameThrottle, nameLogout)
	case !trusted:
		d.skip("no credentials are sent to a peer that is not trusted", nameLogin, namePing, nameThrottle, nameLogout)
	default:
		d.login(ctx)
	}
}

// skip adds checks that were not made.
func (d *doctor) skip(reason string, names ...string) {
	for _, name := range names {
		d.report.add(skip(name, "%s", reason))
	}
}

// bounded makes a check that asks the system, and gives up on it after the timeout.
func (d *doctor) bounded(ctx context.Context, name string, check func() Check) Check {
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	done := make(chan Check, 1)
	go func() { done <- check() }()
	select {
	case c := <-done:
		return c
	case <-ctx.Done():
		c := ok(name, "no answer within %v", d.Timeout)
		return c.fail("Find out which file system hangs: one that the settings name, /sys or /proc.")
	}
}

// tlsConfig returns what the engine's handshake uses.
func (d *doctor) tlsConfig() *tls.Config {
	c := d.engine.TLS.Clone() // nil of nil
	if c == nil {
		c = new(tls.Config)
	}
	if c.ServerName == "" {
		c.ServerName = d.host
	}
	c.MinVersion = max(c.MinVersion, tls.VersionTLS12)
	return c
}
