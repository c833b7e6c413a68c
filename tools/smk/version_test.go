package main

import (
	"bytes"
	"encoding/json"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	system := " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n"
	commit := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef0123"},
		{Key: "vcs.time", Value: "2026-11-29T20:15:00Z"},
		{Key: "vcs.modified", Value: "true"},
	}
	for _, c := range []struct {
		release string
		info    *debug.BuildInfo
		want    string
	}{
		{"", nil, "smk devel"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, "smk devel"},
		{"", &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}}, "smk v1.2.3"},
		{
			"1.3.0", &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit[:2]},
			"smk v1.3.0 (0123456789ab, 2026-11-29T20:15:00Z)",
		},
		{"", &debug.BuildInfo{Settings: commit}, "smk devel (0123456789ab, 2026-11-29T20:15:00Z, modified)"},
	} {
		v := versionOf(c.release, c.info)
		var b bytes.Buffer
		if err := v.writeText(&b); err != nil || b.String() != c.want+system {
			t.Errorf("%q, %+v: %q, %v", c.release, c.info, &b, err)
		}
	}
	var out bytes.Buffer
	var v version
	if code := run(t.Context(), []string{"version", "--json"}, stdio{nil, &out, &out}); code != exitOK {
		t.Errorf("exit %d", code)
	}
	if err := json.Unmarshal(out.Bytes(), &v); err != nil || v.Version == "" || v.Go != runtime.Version() {
		t.Errorf("%v: %s", err, &out)
	}
}
