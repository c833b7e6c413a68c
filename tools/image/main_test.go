package main

import (
	"archive/tar"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// TestImage reads an image back: what is in it, what it runs, that it is the same again.
func TestImage(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	if err := os.WriteFile(program, []byte("program"), 0o755); err != nil {
		t.Fatal(err)
	}
	o := options{binary: program, arch: "arm64", version: "v1.2.3", revision: "abc", license: "../../LICENSE"}
	digests := make(map[string]bool)
	for _, name := range []string{"a.tar", "b.tar"} {
		o.output = filepath.Join(dir, name)
		if err := errors.Join(o.check("2026-11-29T20:00:00Z"), o.write()); err != nil {
			t.Fatal(err)
		}
		image, err := tarball.ImageFromPath(o.output, nil)
		if err != nil {
			t.Fatal(err)
		}
		digest, err := image.Digest()
		if err != nil {
			t.Fatal(err)
		}
		digests[digest.String()] = true
	}
	if len(digests) != 1 {
		t.Errorf("the same image has digests %v", digests)
	}
	image, err := tarball.ImageFromPath(o.output, nil)
	if err != nil {
		t.Fatal(err)
	}
	c, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if c.Architecture != "arm64" || c.OS != "linux" || c.Config.User != nobody || c.Config.Entrypoint[0] != "/smk" ||
		c.Config.Labels["org.opencontainers.image.version"] != "v1.2.3" || !c.Created.Equal(o.created) {
		t.Errorf("%+v", c)
	}
	content := mutate.Extract(image)
	defer content.Close()
	found := make(map[string][]byte)
	for r := tar.NewReader(content); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeDir {
			continue
		}
		if found[h.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		if h.Name == "smk" && h.Mode != 0o755 {
			t.Errorf("the program has mode %o", h.Mode)
		}
	}
	roots := x509.NewCertPool()
	if len(found) != 3 || string(found["smk"]) != "program" || len(found["licenses/LICENSE"]) < 500 ||
		!roots.AppendCertsFromPEM(found["etc/ssl/certs/ca-certificates.crt"]) {
		t.Errorf("it has %d files", len(found))
	}
	authorities := 0
	for rest := found["etc/ssl/certs/ca-certificates.crt"]; len(rest) > 0; authorities++ {
		block, after := pem.Decode(rest)
		if block == nil {
			break
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			t.Error(err)
		}
		rest = after
	}
	if authorities < 80 {
		t.Errorf("only %d authorities", authorities)
	}
}

func TestCheck(t *testing.T) {
	o := options{binary: "a", arch: "amd64", version: "v1"}
	if o.check(time.Now().Format(time.RFC3339)) == nil {
		t.Error("an image without a name is made")
	}
	if o.output = "x"; o.check("yesterday") == nil {
		t.Error("yesterday is a time")
	}
}
