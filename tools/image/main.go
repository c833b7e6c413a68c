// Command image packs a static program into a container image from scratch, as an archive that docker load and podman
// load take: the program, the certificates of public authorities, a licence, and nothing else.
//
//	image -binary dist/smk -arch arm64 -version v1.2.3 -revision COMMIT -created TIME -license LICENSE -output smk.tar
//
// The same arguments make the same bytes.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// nobody is the user that the program runs as.
const nobody = "65534:65534"

// options are the flags.
type options struct {
	binary, arch, version, revision, license, output string
	created                                          time.Time
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "", "the program, static")
	flag.StringVar(&o.arch, "arch", "", "its architecture: amd64, arm64")
	flag.StringVar(&o.version, "version", "", "its version, which is the image's tag")
	flag.StringVar(&o.revision, "revision", "", "the commit that it is built from")
	flag.StringVar(&o.license, "license", "LICENSE", "file with the licence")
	flag.StringVar(&o.output, "output", "", "archive to write")
	created := flag.String("created", "", "when the image is said to be made, RFC 3339")
	flag.Parse()
	err := o.check(*created)
	if err == nil {
		err = o.write()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// check reads the time and reports what is missing.
func (o *options) check(created string) (err error) {
	if o.binary == "" || o.arch == "" || o.version == "" || o.output == "" {
		return errors.New("-binary, -arch, -version and -output are needed")
	}
	o.created, err = time.Parse(time.RFC3339, created)
	return err
}

// write makes the image and writes it.
func (o *options) write() error {
	image, err := o.image()
	if err != nil {
		return err
	}
	tag, err := name.NewTag("smk:" + o.version)
	if err != nil {
		return err
	}
	return tarball.WriteToFile(o.output, tag, image)
}

// image makes the image.
func (o *options) image() (v1.Image, error) {
	program, err := os.ReadFile(o.binary)
	if err != nil {
		return nil, err
	}
	license, err := os.ReadFile(o.license)
	if err != nil {
		return nil, err
	}
	content, err := o.files([]file{
		{"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()},
		{"licenses/LICENSE", 0o644, license},
		{"smk", 0o755, program},
	})
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
	if err != nil {
		return nil, err
	}
	image, err := mutate.Append(empty.Image, mutate.Addendum{
		Layer: layer, History: v1.History{Created: v1.Time{Time: o.created}, CreatedBy: "tools/image"},
	})
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(image, o.config(image))
}

// config returns what a container does: smk, as nobody.
func (o *options) config(image v1.Image) *v1.ConfigFile {
	c, err := image.ConfigFile()
	if err != nil {
		panic("BUG: image: " + err.Error()) // it is in memory
	}
	c = c.DeepCopy()
	c.OS, c.Architecture, c.Created = "linux", o.arch, v1.Time{Time: o.created}
	c.Config = v1.Config{
		Entrypoint: []string{"/smk"}, User: nobody, WorkingDir: "/",
		Env: []string{"PATH=/", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"},
		Labels: map[string]string{
			"org.opencontainers.image.title":    "smk",
			"org.opencontainers.image.source":   "https://github.com/smk-go/smk",
			"org.opencontainers.image.licenses": "MIT",
			"org.opencontainers.image.version":  o.version,
			"org.opencontainers.image.revision": o.revision,
		},
	}
	return c
}

// file is a file of the image.
type file struct {
	name    string
	mode    int64
	content []byte
}

// files returns files as an archive, with the folders that they are in.
func (o *options) files(files []file) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, dir := range []string{"etc/", "etc/ssl/", "etc/ssl/certs/", "licenses/"} {
		h := &tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755, ModTime: o.created}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
	}
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), ModTime: o.created}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// certificates returns the authorities that Mozilla trusts without a constraint, PEM.
func certificates() []byte {
	var b bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint != nil {
			continue // a file of certificates cannot say it
		}
		err := pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate})
		if err != nil {
			panic("BUG: image: " + err.Error()) // it is in memory
		}
	}
	return b.Bytes()
}
