package main

import "context"

type watchCommand struct{ screenFlags }

func (c *watchCommand) Run(ctx context.Context, std stdio) error { return nil }
