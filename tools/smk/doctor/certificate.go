package doctor

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
)

const (
	// expiryWarning is how long before the end of a certificate it is a warning.
	expiryWarning = 14 * day
	day           = 24 * time.Hour

	// chainShownMax and namesShownMax bound what is shown of a certificate, which anybody may have made.
	chainShownMax = 8
	namesShownMax = 5
	nameBytesMax  = 100
)

// isAlert reports whether the peer sent a TLS alert.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// handshake does a TLS handshake that ends there, and reports whether the engine would go on with a login.
func (d *doctor) handshake(ctx context.Context, conn net.Conn) (trusted bool) {
	if d.engine.DisableTLS {
		c := ok(nameTLS, "off, by %s", d.origin("engine.plain"))
		if ip, isTCP := conn.RemoteAddr().(*net.TCPAddr); isTCP && !ip.IP.IsLoopback() {
			c = c.warn("Use TLS unless this network is trusted: the credentials cross it in clear.")
		}
		d.report.add(c)
		d.skip("TLS is off", nameCertificate)
		return true
	}
	config := d.tlsConfig()
	verify := *config.Clone()
	config.InsecureSkipVerify = true // nothing is sent over it, and the certificate is judged below
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	begun := time.Now()
	client := tls.Client(conn, config)
	err := client.HandshakeContext(ctx)
	took := time.Since(begun)
	c := ok(nameTLS, "")
	if err != nil {
		var do string
		c.Measured, do = d.explainHandshake(err)
		d.report.add(c.fail(do))
		d.skip("there is no certificate", nameCertificate)
		return false
	}
	state := client.ConnectionState()
	c.Measured = fmt.Sprintf("%s, %s, handshake took %v", tls.VersionName(state.Version),
		tls.CipherSuiteName(state.CipherSuite), rounded(took))
	c.value("handshake_seconds", took.Seconds())
	d.report.add(c)
	cert := judge(state.PeerCertificates, verify.ServerName, verify.RootCAs, d.Now())
	d.report.add(cert)
	return cert.Status != Fail
}

// explainHandshake returns what happened and what to do.
func (d *doctor) explainHandshake(err error) (measured, do string) {
	var header tls.RecordHeaderError
	const plain = "If it is a port without TLS, such as a simulator's, use --plain or engine.plain; " +
		"if not, check the port of engine.address."
	switch {
	case errors.As(err, &header):
		return "the peer does not speak TLS", plain
	case isTimeout(err):
		return fmt.Sprintf("the peer is silent: handshake not finished within %v", d.Timeout),
			"Check the port of engine.address; a proxy that forwards nothing, or a port without TLS (--plain), is " +
				"silent too."
	case closedByPeer(err):
		return "the peer closed the connection during the handshake", plain
	case isAlert(err):
		return fmt.Sprintf("the peer refused the handshake: %q", err),
			"If it is about a version, the peer is too old for TLS 1.2; if about a certificate, set " +
				"tls.certificate_file and tls.key_file."
	}
	return fmt.Sprintf("the handshake failed: %q", err),
		"Check the port of engine.address: something answers that is not the exchange."
}

// problem is what is wrong with a certificate, and what to do.
type problem struct{ what, do string }

// judge verifies a chain as the engine does, but finds everything that is wrong at once. nil roots are the system's.
func judge(chain []*x509.Certificate, name string, roots *x509.CertPool, now time.Time) Check {
	c := ok(nameCertificate, "")
	if len(chain) == 0 {
		c.Measured = "the peer sent none"
		return c.fail("Check the port of engine.address: the exchange has one.")
	}
	leaf := chain[0]
	for i, cert := range chain {
		if i == chainShownMax {
			c.Details = append(c.Details, fmt.Sprintf("and %d more", len(chain)-i))
			break
		}
		c.Details = append(c.Details, fmt.Sprintf("%s, issued by %s, valid until %s", nameOf(cert.Subject.String()),
			nameOf(cert.Issuer.String()), cert.NotAfter.UTC().Format(time.DateOnly)))
	}
	var problems []problem
	if err := leaf.VerifyHostname(name); err != nil {
		problems = append(problems, problem{
			fmt.Sprintf("it is for %s, not for %s", namesOf(leaf), name),
			"Use a name that the certificate has in engine.address, or as tls.server_name (SMK_TLS_SERVER_NAME).",
		})
	}
	pool := x509.NewCertPool()
	for _, cert := range chain[1:] {
		pool.AddCert(cert)
	}
	verified, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: pool, CurrentTime: now})
	if err != nil {
		problems = append(problems, explainChain(err, chain, now))
	}
	ends := leaf.NotAfter
	if len(verified) > 0 {
		for _, cert := range verified[0] {
			if cert.NotAfter.Before(ends) {
				ends = cert.NotAfter
			}
		}
	}
	c.value("valid_days", ends.Sub(now).Hours()/24)
	if len(problems) > 0 {
		var what, do []string
		for _, p := range problems {
			what, do = append(what, p.what), append(do, p.do)
		}
		c.Measured = strings.Join(what, "; ")
		return c.fail(strings.Join(do, " "))
	}
	c.Measured = fmt.Sprintf("good for %s, chain of %d, ends in %s, on %s", name, len(verified[0]),
		plural(int(ends.Sub(now)/day), "day", "days"), ends.UTC().Format(time.DateOnly))
	if ends.Sub(now) < expiryWarning {
		return c.warn("Have the certificate renewed, and before that day: from then on no login is possible.")
	}
	return c
}

// explainChain returns why a chain is not trusted.
func explainChain(err error, chain []*x509.Certificate, now time.Time) problem {
	leaf := chain[0]
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	var noRoots x509.SystemRootsError
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		text := "it ended on " + invalid.Cert.NotAfter.UTC().Format(time.DateTime)
		if now.Before(invalid.Cert.NotBefore) {
			text = "it begins on " + invalid.Cert.NotBefore.UTC().Format(time.DateTime)
		}
		return problem{
			text + ", and this machine's clock says " + now.UTC().Format(time.DateTime) + " (UTC)",
			"Set this machine's clock if that is wrong; if it is right the peer needs another certificate.",
		}
	case errors.As(err, &noRoots):
		return problem{"this system has no trusted roots", "Install them: the package is called ca-certificates."}
	case errors.As(err, &unknown) && leaf.CheckSignatureFrom(leaf) == nil:
		return problem{
			"it is self-signed, and not among the trusted ones",
			"If it is your simulator's, set tls.roots_file (SMK_TLS_ROOTS_FILE) to the file that smk sim --trust " +
				"wrote; if it should be the exchange, somebody is in between.",
		}
	case errors.As(err, &unknown):
		return problem{
			"it is signed by an authority that is not trusted: " + nameOf(leaf.Issuer.String()),
			"Install the system's ca-certificates, or set tls.roots_file if the authority is your own; a proxy that " +
				"intercepts TLS looks like this, and so does a server that leaves out an intermediate certificate.",
		}
	}
	return problem{fmt.Sprintf("it is not valid: %q", err), "Have whoever runs the peer replace its certificate."}
}

// nameOf returns a name of a certificate as it can be shown.
func nameOf(name string) string { return fmt.Sprintf("%.*q", nameBytesMax, name) }

// namesOf returns what a certificate is for.
func namesOf(cert *x509.Certificate) string {
	var names []string
	for _, name := range cert.DNSNames {
		names = append(names, nameOf(name))
	}
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no name"
	}
	if more := len(names) - namesShownMax; more > 0 {
		names = append(names[:namesShownMax], fmt.Sprintf("%d more", more))
	}
	return strings.Join(names, ", ")
}
