package cpp

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/smk-go/smk/gen/eto"
	"github.com/smk-go/smk/gen/seto"
)

//go:embed src/peer.cc
var source []byte

// ErrUnavailable says that this machine lacks what it takes to build the program.
var ErrUnavailable = errors.New("libprotobuf for C++ cannot be built with")

// DefaultFlags are what the compiler is told for a measurement.
var DefaultFlags = []string{"-O3", "-march=native"}

// build compiles the program in dir and returns its name. protoc reads the definitions that gen/seto
// was made from, compiled: it may be older than some of their options.
func build(ctx context.Context, dir string, flags []string) (string, error) {
	set := &descriptorpb.FileDescriptorSet{File: []*descriptorpb.FileDescriptorProto{
		protodesc.ToFileDescriptorProto(eto.File_eto_proto),
		protodesc.ToFileDescriptorProto(seto.File_seto_proto),
	}}
	definitions, err := proto.Marshal(set)
	if err != nil {
		return "", err
	}
	for name, content := range map[string][]byte{"set.pb": definitions, "peer.cc": source} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", err
		}
	}
	if err := tool(ctx, dir, "protoc", "--descriptor_set_in=set.pb", "--cpp_out=.", "eto.proto", "seto.proto"); err != nil {
		return "", err
	}
	compile := append([]string{"-std=c++17"}, flags...)
	compile = append(compile, "-o", "peer", "peer.cc", "eto.pb.cc", "seto.pb.cc", "-pthread")
	// Linked statically calls are cheapest; not everyone has the archive.
	if err := tool(ctx, dir, "c++", append(compile, "-l:libprotobuf.a")...); err != nil {
		if err := tool(ctx, dir, "c++", append(compile, "-lprotobuf")...); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "peer"), nil
}

// tool runs a program in dir. Its error holds the first line that the program complained with.
func tool(ctx context.Context, dir, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	err := cmd.Run()
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	if line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n"); line != "" {
		return fmt.Errorf("%w: %s: %s", ErrUnavailable, name, line)
	}
	return fmt.Errorf("%w: %s: %w", ErrUnavailable, name, err)
}
