package config

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/journal"
)

// TestJournalSettings reads the sample of the package's comment, and names the setting that a journal refuses.
func TestJournalSettings(t *testing.T) {
	s, dir, err := loadText(t, `
[journal]
dir = journal
name = maker
durability = group
on_full = wait
on_failure = continue
ring_bytes = 8MiB
keep_bytes = 20 GiB
keep_for = 720h
pause = 5ms
`)
	if err != nil {
		t.Fatal(err)
	}
	want := journal.Config{
		Dir: filepath.Join(dir, "journal"), Name: "maker", Durability: journal.SyncGroup, OnFull: journal.FullWait,
		OnFailure: journal.FailContinue, RingBytes: 8 << 20, KeepBytes: 20 << 30, KeepFor: 720 * time.Hour,
		Pause: 5 * time.Millisecond,
	}
	got := s.Engine.Journal
	if got.Dir != want.Dir || got.Name != want.Name || got.Durability != want.Durability || got.OnFull != want.OnFull ||
		got.OnFailure != want.OnFailure || got.RingBytes != want.RingBytes || got.KeepBytes != want.KeepBytes ||
		got.KeepFor != want.KeepFor || got.Pause != want.Pause {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, size := range []string{
		"0", "-1", "+1", "1.5GiB", "GiB", "10 GB", "9999999999999GiB", "99999999999999999999",
	} {
		_, _, err := loadText(t, "[journal]\nkeep_bytes = "+size+"\n")
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Key != "journal.keep_bytes" {
			t.Errorf("%s: %v", size, err)
		}
	}
	s, _, err = loadText(t, "[journal]\ndir = j\nring_bytes = 5000\n[session]\nusername = u\npassword = p\n")
	if err != nil {
		t.Fatal(err)
	}
	_, err = engine.New(s.Engine)
	if err = s.Explain(err); err == nil || !strings.Contains(err.Error(), "bot.conf:3: journal.ring_bytes: ") {
		t.Error(err)
	}
}
