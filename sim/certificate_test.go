package sim

import (
	"crypto/tls"
	"crypto/x509"
	"strings"
	"testing"
	"time"
)

// Clients that trust a generated certificate accept it for its names and no others.
func TestCertificate(t *testing.T) {
	cert, err := Certificate(time.Now(), "exchange.example", "192.0.2.7", "0.0.0.0")
	if err != nil {
		t.Fatal(err)
	}
	config := testConfig()
	config.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	s := serve(t, config)
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(TrustPEM(cert)) {
		t.Fatal("the file to trust holds no certificate")
	}
	for name, good := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "::1": true, "exchange.example": true, "192.0.2.7": true,
		"0.0.0.0":     false,
		"example.com": false,
	} {
		conn, err := tls.Dial("tcp", s.Addr().String(), &tls.Config{RootCAs: pool, ServerName: name})
		if (err == nil) != good {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
	if f := Fingerprint(cert); len(f) != 32*3-1 || strings.Count(f, ":") != 31 {
		t.Errorf("fingerprint %q", f)
	}
	if strings.Contains(string(TrustPEM(cert)), "KEY") {
		t.Error("the file to trust holds the key")
	}
}
