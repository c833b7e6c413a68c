package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
)

// releaseVersion is the version of a release, set by the linker; "" in other builds, whose version is the module's.
var releaseVersion string

type versionCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// version is what a program knows of how it was built.
type version struct {
	Version  string `json:"version"`            // such as v1.2.3, or "devel"
	Revision string `json:"revision,omitempty"` // the commit
	Time     string `json:"time,omitempty"`     // of the commit, RFC 3339
	Modified bool   `json:"modified"`           // there were changes that are not in the commit
	Module   string `json:"module"`
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// Run prints the version.
func (c *versionCommand) Run(std stdio) error {
	info, _ := debug.ReadBuildInfo()
	v := versionOf(releaseVersion, info)
	if c.JSON {
		return json.NewEncoder(std.out).Encode(v)
	}
	return v.writeText(std.out)
}

// versionOf reads what the toolchain noted; info may be nil.
func versionOf(release string, info *debug.BuildInfo) version {
	v := version{
		Version: release, Module: "github.com/smk-go/smk/tools", Go: runtime.Version(), OS: runtime.GOOS,
		Arch: runtime.GOARCH,
	}
	if info != nil {
		if v.Version == "" {
			v.Version = info.Main.Version
		}
		if info.Main.Path != "" {
			v.Module = info.Main.Path
		}
		for _, s := range info.Settings {
			switch s.Key {
			case "vcs.revision":
				v.Revision = s.Value
			case "vcs.time":
				v.Time = s.Value
			case "vcs.modified":
				v.Modified = s.Value == "true"
			}
		}
	}
	if v.Version == "" || v.Version == "(devel)" {
		v.Version = "devel"
	} else if !strings.HasPrefix(v.Version, "v") {
		v.Version = "v" + v.Version
	}
	return v
}

// writeText writes the version as a line:
// "smk v1.2.3 (1a2b3c4d5e6f, 2026-11-29T20:15:00Z, modified) go1.26.8 linux/amd64".
func (v *version) writeText(w io.Writer) error {
	var commit []string
	if v.Revision != "" {
		commit = append(commit, v.Revision[:min(12, len(v.Revision))], v.Time)
	}
	if v.Modified {
		commit = append(commit, "modified")
	}
	about := ""
	if len(commit) > 0 {
		about = " (" + strings.Join(commit, ", ") + ")"
	}
	_, err := fmt.Fprintf(w, "smk %s%s %s %s/%s\n", v.Version, about, v.Go, v.OS, v.Arch)
	return err
}
