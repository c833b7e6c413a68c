package config

import (
	"maps"
	"path/filepath"
	"strings"
)

// BacktestVariable is the variable of the environment by which smk backtest names the folder of a run. With it, the
// state file, the journal and the halt file that are set are in that folder, and not where the live bot has them; a
// token and the settings of TLS, which are the live exchange's, do not count.
const BacktestVariable = variablePrefix + "BACKTEST_DIR"

// backtest makes settings those of a run of smk backtest, if this is one.
func (l *loader) backtest() {
	dir := ""
	for _, line := range l.options.Environ {
		if v, text, _ := strings.Cut(line, "="); v == BacktestVariable {
			dir = text
		}
	}
	if dir == "" {
		return
	}
	t := &l.target
	t.Session.Token, t.tokenFile = "", ""
	t.serverName, t.rootsFile, t.certificateFile, t.keyFile = "", "", "", ""
	unset := func(name string, _ Origin) bool {
		return strings.HasPrefix(name, "session.token") || strings.HasPrefix(name, "tls.")
	}
	maps.DeleteFunc(l.origins, unset)
	maps.DeleteFunc(l.texts, func(name, _ string) bool { return unset(name, Origin{}) })
	for _, f := range []struct {
		name string
		path *string
	}{
		{"engine.state_file", &t.State.File},
		{"risk.halt_file", &t.State.HaltFile},
		{"journal.dir", &t.Journal.Dir},
	} {
		if *f.path != "" {
			*f.path = filepath.Join(dir, strings.ReplaceAll(f.name, ".", "_"))
			l.origins[f.name], l.texts[f.name] = Origin{Variable: BacktestVariable}, *f.path
		}
	}
}
