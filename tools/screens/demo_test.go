package screens

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// hello is what smk demo --dash, smk dash and smk sim say first.
type hello struct {
	Dashboard, URL, Token, Address string
}

// launch starts the program and reads what it says first. It is interrupted in the end, and ends well.
func launch(t *testing.T, args ...string) (h hello) {
	t.Helper()
	cmd := start(t, args...)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &h)
	}
	t.Cleanup(func() {
		rest := make(chan struct{})
		go func() {
			_, _ = io.Copy(io.Discard, lines)
			close(rest)
		}()
		_ = cmd.Process.Signal(os.Interrupt)
		<-rest
		var exit *exec.ExitError
		if err := cmd.Wait(); errors.As(err, &exit) {
			t.Errorf("smk %v, interrupted: exit code %d", args, exit.ExitCode())
		}
	})
	if err != nil {
		t.Fatalf("%v: %q", err, line)
	}
	return h
}

// strip is what of a frame the tests look at.
type strip struct {
	Picture struct {
		Strip struct {
			Mode   string
			Orders int
			Fills  int
		}
		Contracts []struct {
			Name string
			Bids []struct{ P int }
		}
	}
}

// frames reads a dashboard's frames until a condition holds.
func frames(t *testing.T, url, what string, holds func(*strip) bool) {
	t.Helper()
	answer, err := http.Get(url + "events")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	in := bufio.NewReader(answer.Body)
	for n := 0; n < polls; {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		data, ok := strings.CutPrefix(line, "data: ")
		if !ok {
			continue
		}
		var s strip
		if err := json.Unmarshal([]byte(data), &s); err != nil {
			t.Fatal(err)
		}
		if n++; holds(&s) {
			return
		}
	}
	t.Fatalf("not so in %d frames: %s", polls, what)
}

// TestDemoDash starts a match as a new user does, halts its bot by the page's command, lets it go on, and interrupts
// it.
func TestDemoDash(t *testing.T) {
	h := launch(t, "demo", "--dash", "--control", "--json", "--speed=100")
	trades := func(s *strip) bool {
		return s.Picture.Strip.Mode == "active" && s.Picture.Strip.Orders > 4 && s.Picture.Strip.Fills > 0
	}
	frames(t, h.Dashboard, "the bot quotes, and trades", trades)
	command := func(token, action string) int {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.Dashboard+"api/control",
			strings.NewReader(`{"action":"`+action+`","reason":"test"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode
	}
	if status := command("another token, as long", "halt"); status != http.StatusUnauthorized {
		t.Errorf("another token: %d", status)
	}
	if status := command(h.Token, "halt"); status != http.StatusOK {
		t.Errorf("halt: %d", status)
	}
	frames(t, h.Dashboard, "the bot is halted, without orders", func(s *strip) bool {
		return s.Picture.Strip.Mode == "halted" && s.Picture.Strip.Orders == 0
	})
	if status := command(h.Token, "resume"); status != http.StatusOK {
		t.Errorf("resume: %d", status)
	}
	frames(t, h.Dashboard, "the bot trades again", trades)
}

// TestDashOfSim watches a running simulator without a bot.
func TestDashOfSim(t *testing.T) {
	h := launch(t, "sim", "--json", "--addr=127.0.0.1:0", "--life=300")
	page := launch(t, "dash", "--json", "--sim="+h.Address, "--name=200000=Home")
	frames(t, page.URL, "the ladders of both markets", func(s *strip) bool {
		all := s.Picture.Contracts
		return len(all) == 5 && all[0].Name == "Home" && len(all[0].Bids) == levels
	})
}
