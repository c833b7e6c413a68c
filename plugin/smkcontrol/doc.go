// Package smkcontrol lets a person halt, flatten and resume a bot from outside of its process: over HTTP, on loopback
// alone, with a token. Nothing of it is there unless the bot starts it:
//
//	c, err := smkcontrol.Listen(e, smkcontrol.Config{Token: os.Getenv("BOT_CONTROL_TOKEN")})
//	defer c.Close()
//
// The dashboard's buttons, smk dash --control, call it:
//
//	POST /halt     no order leaves any more, and all orders are cancelled: engine.Engine.Halt
//	POST /flatten  positions are closed at the prices of the moment, then the bot is halted
//	POST /resume   a person's decision to trade again: engine.Engine.Resume
//	GET  /mode     the mode in force, its cause, and how far the kill switch is
//
// Each request needs the header Authorization: Bearer TOKEN, and each answer is JSON. A halt acts whatever the loop is
// doing; the others wait for the loop, five seconds at most, and are not done later if it does not come to them.
// /flatten answers when the bot is halted and its orders are cancelled, with what is left.
package smkcontrol
