package doctor

import (
	"crypto/tls"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/sim"
)

// overTLS starts a peer with TLS, and returns what a client has to set to trust it.
func overTLS(t *testing.T, set func(*tls.Config)) (address, trust string) {
	t.Helper()
	cert, trust := certificate(t)
	_, address = exchange(t, func(c *sim.Config) {
		c.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		if set != nil {
			set(c.TLS)
		}
	})
	return address, "SMK_TLS_ROOTS_FILE=" + trust
}

// TestSelfSigned gets no credentials.
func TestSelfSigned(t *testing.T) {
	address, _ := overTLS(t, nil)
	r := examine(t, Options{Address: address})
	expect(t, r, nameTLS, OK, "TLS 1.3")
	expect(t, r, nameCertificate, Fail, "it is self-signed, and not among the trusted ones", "tls.roots_file",
		"SMK_TLS_ROOTS_FILE")
	expect(t, r, nameLogin, Skip, "no credentials are sent")
}

// TestWrongName finds both what the certificate is for and that nobody trusts it.
func TestWrongName(t *testing.T) {
	address, trust := overTLS(t, nil)
	r := examine(t, Options{Address: address}, trust, "SMK_TLS_SERVER_NAME=other.test")
	expect(t, r, nameCertificate, Fail, `it is for "localhost", "exchange.test", 127.0.0.1, ::1, not for other.test`,
		"tls.server_name")
	r = examine(t, Options{Address: address}, "SMK_TLS_SERVER_NAME=other.test")
	expect(t, r, nameCertificate, Fail, "not for other.test; it is self-signed")
	r = examine(t, Options{Address: address}, trust, "SMK_TLS_SERVER_NAME=exchange.test")
	expect(t, r, nameCertificate, OK, "good for exchange.test")
	expect(t, r, nameLogin, OK)
}

// TestExpiry moves this machine's clock.
func TestExpiry(t *testing.T) {
	address, trust := overTLS(t, nil)
	ends := time.Now().AddDate(1, 0, 0)
	for _, c := range []struct {
		at     time.Time
		status Status
		says   []string
	}{
		{ends.Add(-15 * day), OK, []string{"ends in 1"}},
		{ends.Add(-14*day + time.Hour), Warn, []string{"ends in 13 days", "renewed"}},
		{ends.Add(-day - time.Hour), Warn, []string{"ends in 1 day, on"}},
		{ends.Add(day), Fail, []string{"it ended on", "this machine's clock says", "Set this machine's clock"}},
		{ends.AddDate(-2, 0, 0), Fail, []string{"it begins on", "this machine's clock says"}},
	} {
		r := examine(t, Options{Address: address, NoLogin: true, Now: func() time.Time { return c.at }}, trust)
		expect(t, r, nameCertificate, c.status, c.says...)
	}
}

// TestUnknownAuthority has a certificate whose names came from anybody.
func TestUnknownAuthority(t *testing.T) {
	cert, _ := certificate(t)
	leaf := signed(t, cert, "evil\x1b[2J"+strings.Repeat("x", 500))
	_, address := exchange(t, func(c *sim.Config) { c.TLS = &tls.Config{Certificates: []tls.Certificate{leaf}} })
	r := examine(t, Options{Address: address})
	expect(t, r, nameCertificate, Fail, `signed by an authority that is not trusted: "CN=smk sim"`, "ca-certificates")
	if text := textOf(t, r); strings.Contains(text, "\x1b") || strings.Contains(text, strings.Repeat("x", 200)) {
		t.Errorf("shows what a terminal obeys, or too much:\n%s", text)
	}
}

// TestHandshakeFails has peers that speak no TLS that would do.
func TestHandshakeFails(t *testing.T) {
	old, oldTrust := overTLS(t, func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 })
	_, plain := exchange(t, nil)
	for _, c := range []struct {
		name, address string
		short         bool
		says          []string
	}{
		{
			"silent", listen(t, silent), true,
			[]string{"the peer is silent: handshake not finished within 2s", "--plain"},
		},
		{
			"closes", listen(t, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)) }), false,
			[]string{"the peer closed the connection during the handshake", "--plain"},
		},
		{"garbage", listen(t, says("SSH-2.0-garbage\r\n")), false, []string{"the peer does not speak TLS", "--plain"}},
		{"plain exchange", plain, false, []string{"--plain"}},
		{"TLS 1.1", old, false, []string{"the peer refused the handshake", "protocol version", "TLS 1.2"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := Options{Address: c.address}
			if c.short {
				o.Timeout = short
			}
			r := examine(t, o, oldTrust)
			expect(t, r, nameTLS, Fail, c.says...)
			expectAll(t, r, Skip, nameCertificate, nameLogin, namePing, nameThrottle, nameLogout)
		})
	}
}

// TestClientCertificate is demanded, and there is none. TLS 1.3 says so after the handshake.
func TestClientCertificate(t *testing.T) {
	address, trust := overTLS(t, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert })
	r := examine(t, Options{Address: address}, trust)
	expect(t, r, nameCertificate, OK)
	expect(t, r, nameLogin, Fail, "certificate required", "tls.certificate_file")
}
