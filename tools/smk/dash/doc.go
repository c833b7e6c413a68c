// Package dash serves the dashboard: a page for browsers that shows what package screen makes of a journal.
//
// Frames are whole pictures, a few a second and only when there is something new, as server-sent events. Each is
// encoded once for all browsers. A browser that does not read is cut off when its buffer is full, and the others notice
// nothing.
//
// The page needs no other host, no inline script and no build step. Requests are refused whose Host is not the
// server's, or which another site's page makes; commands to the bot are refused without [Config.Control].
package dash
