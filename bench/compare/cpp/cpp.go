// Package cpp measures C++ libprotobuf beside Go: a small program is compiled when it is needed, runs as a process of
// its own, and decodes or encodes a message n times, by the processor time of its own thread. It needs protoc, a C++
// compiler and libprotobuf's headers; Start fails with ErrUnavailable if one is missing.
package cpp

import (
	"bufio"
	"bytes"
	"context"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/smk-go/smk/bench/internal/fixture"
	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

//go:embed src/codec.cc
var source []byte

// ErrUnavailable is returned if the program cannot be built on this machine.
var ErrUnavailable = errors.New("libprotobuf for C++ cannot be built with")

// DefaultFlags are the compiler's flags for a measurement.
var DefaultFlags = []string{"-O3", "-march=native"}

// Work is what the process can repeat.
type Work struct{ Name, command string }

// Decoding and Encoding are all of it, in the order of the tables.
var (
	Decoding = []Work{
		{"C++ libprotobuf, reused", "reused"}, // into one message that is used again
		{"C++ libprotobuf, arena", "arena"},   // into messages of an arena that is emptied each time
		{"floor: C byte sum", "sum"},          // a loop that adds up the payload's bytes
		memcpy,
	}
	Encoding = []Work{
		{"C++ libprotobuf", "encode"}, // set sequence and reference, write the frame's length and the payload
		memcpy,
	}
	memcpy = Work{"floor: C memcpy", "copy"} // of the payload
)

// Process is the running program. It serves one goroutine.
type Process struct {
	// Version is libprotobuf's, such as 3.21.12.
	Version string

	dir string // of what was built, and of the feeds
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// Start compiles the program with the given flags and runs it. The error is ErrUnavailable if this machine cannot
// build it. The caller closes the process; the end of ctx kills it.
func Start(ctx context.Context, flags []string) (*Process, error) {
	dir, err := os.MkdirTemp("", "smk-cpp-")
	if err != nil {
		return nil, err
	}
	p := &Process{dir: dir}
	if err = p.build(ctx, flags); err == nil {
		err = p.start(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// build compiles the program. protoc reads the definitions that gen/seto was made from, compiled: it may be older
// than some of their options.
func (p *Process) build(ctx context.Context, flags []string) error {
	definitions, err := proto.Marshal(&descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(eto.File_eto_proto),
		protodesc.ToFileDescriptorProto(seto.File_seto_proto),
	}})
	for name, content := range map[string][]byte{"set.pb": definitions, "codec.cc": source} {
		err = errors.Join(err, os.WriteFile(filepath.Join(p.dir, name), content, 0o600))
	}
	if err == nil {
		err = p.tool(ctx, "protoc", "--descriptor_set_in=set.pb", "--cpp_out=.", "eto.proto", "seto.proto")
	}
	if err != nil {
		return err
	}
	compile := append([]string{"-std=c++17", "-o", "codec"}, flags...)
	compile = append(compile, "codec.cc", "eto.pb.cc", "seto.pb.cc", "-pthread")
	// Calls are cheapest in a static program, but not everyone has the archive.
	if err = p.tool(ctx, "c++", append(compile, "-l:libprotobuf.a")...); err != nil {
		err = p.tool(ctx, "c++", append(compile, "-lprotobuf")...)
	}
	return err
}

// tool runs a program in the process's folder. Its error holds the first line of the program's errors.
func (p *Process) tool(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = p.dir
	var output bytes.Buffer
	cmd.Stderr = &output
	err := cmd.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(output.String()), "\n"); line != "" {
		return fmt.Errorf("%w: %s: %s", ErrUnavailable, name, line)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, name, err)
}

func (p *Process) start(ctx context.Context) (err error) {
	cmd := exec.CommandContext(ctx, filepath.Join(p.dir, "codec"))
	cmd.Dir, cmd.Stderr = p.dir, os.Stderr
	if p.in, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.cmd, p.out = cmd, bufio.NewReader(out)
	version, err := p.result()
	p.Version = fmt.Sprintf("%d.%d.%d", version/1_000_000, version/1000%1000, version%1000)
	return err
}

// Close ends the process and removes what was built.
func (p *Process) Close() (err error) {
	if p.cmd != nil {
		_ = p.in.Close()
		err = p.cmd.Wait()
	}
	return errors.Join(err, os.RemoveAll(p.dir))
}

// Loop returns what repeats the work on a feed that was checked, and returns its processor time.
func (p *Process) Loop(w Work, feed fixture.Feed) func(n int) (time.Duration, error) {
	return func(n int) (time.Duration, error) {
		ns, err := p.command(w.command, feed, n)
		return time.Duration(ns), err
	}
}

// Check reports whether every payload of the feed comes back as the same bytes once it has been decoded and encoded
// again, and, with encode, whether the kind Encode writes the frames that a client sends.
func (p *Process) Check(feed fixture.Feed, encode bool) error {
	name := filepath.Join(p.dir, feed.Name)
	err := os.WriteFile(name, content(feed), 0o600)
	if err == nil {
		_, err = p.command("check", feed, 2*len(feed.Payloads))
	}
	if err != nil {
		return err
	}
	var sent []byte
	for k := range 2 * len(feed.Payloads) {
		sent = append(sent, feed.Sent(k)...)
	}
	for suffix, want := range map[string][]byte{".again": content(feed), ".sent": sent} {
		got, err := os.ReadFile(name + suffix)
		if err != nil {
			return err
		}
		if !bytes.Equal(got, want) && (encode || suffix == ".again") {
			return fmt.Errorf("libprotobuf in C++, %s%s: %x, want %x", feed.Name, suffix, got, want)
		}
	}
	return nil
}

// content is the feed's payloads, each behind its length.
func content(feed fixture.Feed) (b []byte) {
	for _, payload := range feed.Payloads {
		b = append(binary.LittleEndian.AppendUint32(b, uint32(len(payload))), payload...)
	}
	return b
}

func (p *Process) command(kind string, feed fixture.Feed, n int) (int64, error) {
	if _, err := fmt.Fprintf(p.in, "%s %s %d\n", kind, feed.Name, n); err != nil {
		return 0, err
	}
	return p.result()
}

// result reads the line that ends a command and returns its number.
func (p *Process) result() (int64, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return 0, fmt.Errorf("the C++ process ended: %w", err)
	}
	n, err := strconv.ParseInt(strings.TrimSpace(line), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("the C++ process prints %q", line)
	}
	return n, nil
}
