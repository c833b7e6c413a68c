package main

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const protoDir = "../../proto"

func mustGenerate(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	files, err := generate(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestGenerateIsReproducible(t *testing.T) {
	first, second := mustGenerate(t, protoDir), mustGenerate(t, protoDir)
	if !maps.EqualFunc(first, second, bytes.Equal) {
		t.Error("two runs over the same definitions differ")
	}
	for name, content := range first {
		line, _, _ := bytes.Cut(content, []byte("\n"))
		if !bytes.HasPrefix(line, []byte(marker+"proto/")) || !bytes.HasSuffix(line, []byte(" DO NOT EDIT.")) {
			t.Errorf("%s: line 1 is %q", name, line)
		}
	}
}

func TestRunWritesChecksAndRemoves(t *testing.T) {
	root := t.TempDir()
	if err := os.CopyFS(filepath.Join(root, "proto"), os.DirFS(protoDir)); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), root, true); err == nil || !strings.Contains(err.Error(),
		"gen/msg/payload.msg.go differs") {
		t.Errorf("check of an empty tree: %v", err)
	}
	if err := run(t.Context(), root, false); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), root, true); err != nil {
		t.Errorf("check after writing: %v", err)
	}

	payload := filepath.Join(root, "gen", "msg", "payload.msg.go")
	content, err := os.ReadFile(payload)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(payload, append(content, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	stale := filepath.Join(root, "gen", "msg", "gone.msg.go")
	if err := os.WriteFile(stale, []byte(marker+"proto/seto.proto. DO NOT EDIT.\n\npackage msg\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	byHand := filepath.Join(root, "gen", "msg", "decode.go")
	if err := os.WriteFile(byHand, []byte("package msg\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	err = run(t.Context(), root, true)
	for _, want := range []string{"gen/msg/payload.msg.go differs", "gen/msg/gone.msg.go is no longer generated"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("check says %v, want %q", err, want)
		}
	}
	if err := run(t.Context(), root, false); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); !os.IsNotExist(err) {
		t.Errorf("stale file: %v, want it removed", err)
	}
	if _, err := os.Stat(byHand); err != nil {
		t.Errorf("file written by hand: %v, want it kept", err)
	}
}

// TestDefinitionsThatAreRefused edits the definitions in ways that the flat values have no answer for.
func TestDefinitionsThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, old, new, want string
	}{
		{
			"repeated without a limit", "optional uint32 price = 5;", "repeated Quote price = 5;",
			"repeated field without a limit",
		},
		{"body without a type", "PAYLOAD_SETTINGS = 37;", "PAYLOAD_SETTINGS = 99;", "no type for field settings"},
		{"kind without an encoding", "optional uint32 price = 5;", "optional sint32 price = 5;", "not supported"},
		{"does not compile", "message Quote {", "message Quote", "syntax error"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range slices.Concat(definitions, pluginDefinitions) {
				content, err := os.ReadFile(filepath.Join(protoDir, name))
				if err != nil {
					t.Fatal(err)
				}
				edited := strings.Replace(string(content), c.old, c.new, 1)
				if name == "seto.proto" && edited == string(content) {
					t.Fatalf("%s does not contain %q", name, c.old)
				}
				if err := os.WriteFile(filepath.Join(dir, name), []byte(edited), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			_, err := generate(t.Context(), dir)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func TestGeneratedFilesCoverTheDefinitions(t *testing.T) {
	names := slices.Sorted(maps.Keys(mustGenerate(t, protoDir)))
	for _, want := range []string{
		"gen/eto/eto.pb.go", "gen/eto/eto_vtproto.pb.go", "gen/seto/seto.pb.go", "gen/seto/seto_vtproto.pb.go",
		"gen/msg/eto_payload.msg.go", "gen/msg/payload.msg.go", "gen/msg/order_cancel_replace_rejected.msg.go",
		"gen/msg/eto_enums.msg.go", "gen/msg/seto_enums.msg.go",
		"gen/convert/eto.convert.go", "gen/convert/seto.convert.go", "gen/convert/any.convert.go",
		"gen/seto/payload_type.go",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%s is not generated", want)
		}
	}
}
