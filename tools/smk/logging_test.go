package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLogLimits: what a client does again and again does not fill the log, and hides nothing else.
func TestLogLimits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		log, end := newLog(&out, true)
		log = log.With("proxy", "p")
		for range 10 * logBurst {
			log.Warn("connection ended")
		}
		log.Info("session lost")
		time.Sleep(2 * logEvery)
		for range 3 {
			log.Warn("connection ended", "client", "anna")
		}
		end()
		type line struct {
			Msg, Client, Proxy string
			LeftOut            int `json:"left_out"`
		}
		var got []line
		for dec := json.NewDecoder(&out); ; {
			var l line
			if err := dec.Decode(&l); err == io.EOF {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, l)
		}
		if len(got) != logBurst+3 || got[logBurst] != (line{Msg: "session lost", Proxy: "p"}) ||
			got[logBurst+1] != (line{"connection ended", "anna", "p", 9 * logBurst}) ||
			got[logBurst+2] != (line{Msg: "connection ended", Client: "anna", Proxy: "p"}) {
			t.Errorf("%d lines, the last ones %+v", len(got), got[max(len(got)-3, 0):])
		}
	})
}

// TestLogTexts: texts are limited by themselves up to a number, and then together.
func TestLogTexts(t *testing.T) {
	l := &logLimits{texts: make(map[string]*logText)}
	now := time.Now()
	written := 0
	for n := range 10 * logTexts {
		if _, ok := l.take(strings.Repeat("x", n+1), now); ok {
			written++
		}
	}
	if written != logTexts+logBurst || len(l.texts) > logTexts+1 {
		t.Errorf("%d lines, %d texts", written, len(l.texts))
	}
}

// TestLogNeverWaits: who does not read the log holds nobody up, and is told how much was lost.
func TestLogNeverWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, out := io.Pipe()
		w := newLogWriter(out, false)
		const more = 100
		for range logLines + 1 + more {
			if _, err := w.Write([]byte("line\n")); err != nil {
				t.Fatal(err)
			}
			synctest.Wait() // the first line is with the writer
		}
		w.end() // in vain
		go func() {
			w.end()
			_ = out.Close()
		}()
		text, err := io.ReadAll(reader)
		lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
		if err != nil || len(lines) != logLines+2 || !strings.HasSuffix(lines[1], "lines=100") {
			t.Errorf("%d lines, %.200q, %v", len(lines), lines[:min(3, len(lines))], err)
		}
	})
}

// TestLogLossAsJSON: each line of a log as JSON is an object, that which says how many are lost, too, and one that is
// too long.
func TestLogLossAsJSON(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reader, out := io.Pipe()
		log, end := newLog(out, true)
		log.Info("first")
		synctest.Wait() // it is with the writer
		log.Info("second", "long", strings.Repeat("x", 2*logLineBytes))
		for n := range 2 * logLines {
			log.Info(strconv.Itoa(n % (2 * logTexts)))
		}
		go func() {
			end()
			_ = out.Close()
		}()
		text, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		lost := 0
		for line := range strings.Lines(string(text)) {
			var l struct{ Lines int }
			if err := json.Unmarshal([]byte(line), &l); err != nil {
				t.Fatalf("%.100q: %v", line, err)
			}
			lost += l.Lines
		}
		if lost == 0 {
			t.Error("no line says that some are lost")
		}
	})
}
