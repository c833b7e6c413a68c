package smknats

// ControlConfig says how commands reach the engine.
type ControlConfig struct{}

func (c *ControlConfig) check() error { return nil }
