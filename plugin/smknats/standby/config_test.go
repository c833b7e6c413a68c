package standby_test

import (
	"errors"
	"testing"

	"github.com/smk-go/smk/engine"
	"github.com/smk-go/smk/plugin/smknats"
	"github.com/smk-go/smk/plugin/smknats/standby"
)

// TestConfig refuses what does not go together before anybody is asked.
func TestConfig(t *testing.T) {
	for field, change := range map[string]func(*standby.Config){
		"Start":        func(c *standby.Config) { c.Start = nil },
		"Engine":       func(c *standby.Config) { c.Engine.ReferenceTerm = 1 },
		"Engine.State": func(c *standby.Config) { c.Engine.State.File = "state" },
		"Engine.Clock": func(c *standby.Config) { c.Engine.Clock = func() int64 { return 1 } },
		"Log":          func(c *standby.Config) { c.Log = new(smknats.Config) },
	} {
		c := standby.Config{Start: func(*engine.Engine, standby.Term) error { return nil }}
		change(&c)
		var refused *standby.ConfigError
		if err := standby.Run(t.Context(), c); !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
