// The page's clock in milliseconds, and how the screen is held.

// An event's or a picture's time stamp on the same clock; now where none is given.
export const since = (stamp = performance.now()) => performance.timeOrigin + stamp;

export const screenAngle = () => screen.orientation?.angle ?? (((window.orientation ?? 0) + 360) % 360);
