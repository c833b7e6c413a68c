package roundtrip

import (
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed floor/floor.c
var floorSource []byte

// floor is the program in C and what it needs.
type floor struct {
	path   string
	script string
	cores  [2]int
}

// compiler is the command of the C compiler, which CC may name with flags of its own.
func compiler() ([]string, error) {
	cc := strings.Fields(os.Getenv("CC"))
	if len(cc) == 0 {
		cc = []string{"cc"}
	}
	_, err := exec.LookPath(cc[0])
	return cc, err
}

// compile makes the program in dir. Tuning to the processor at hand is tried first.
func compile(dir string) (path string, err error) {
	cc, err := compiler()
	if err != nil {
		return "", fmt.Errorf("no C compiler: %w", err)
	}
	source := filepath.Join(dir, "floor.c")
	if err := os.WriteFile(source, floorSource, 0o600); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "floor")
	var out []byte
	for _, tune := range [][]string{{"-march=native"}, nil} {
		args := slices.Concat(cc[1:], []string{"-O3", "-Wall", "-Wextra", "-Werror", "-o", path, source}, tune)
		if out, err = exec.Command(cc[0], args...).CombinedOutput(); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: %w: %s", cc[0], err, bytes.TrimSpace(out))
}

// wait is how an end in C waits.
type wait string

const (
	busy   wait = "busy"
	blocks wait = "block"
)

// serve starts the server for one connection.
func (f *floor) serve(w wait) (*server, error) {
	s, _, err := start("the server in C", exec.Command(f.path, "server", string(w), strconv.Itoa(f.cores[1]), f.script))
	return s, err
}

// run is one turn of the client in C.
func (f *floor) run(w wait, server *server, warm int, interval time.Duration) ([]uint32, error) {
	var out, said bytes.Buffer
	cmd := exec.Command(f.path, "client", string(w), strconv.Itoa(f.cores[0]), f.script,
		strconv.Itoa(server.port), strconv.Itoa(warm), strconv.FormatInt(int64(interval), 10))
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("the client in C: %w: %s", err, said.String())
	}
	times := make([]uint32, out.Len()/4)
	for i := range times {
		times[i] = binary.NativeEndian.Uint32(out.Bytes()[4*i:])
	}
	return times, nil
}
