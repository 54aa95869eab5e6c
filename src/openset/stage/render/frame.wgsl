// What every pass of a frame reads; uniforms.py fills it, in this order. World axes, metres, radiance.

const PI = 3.14159265358979;

struct Sun {
    towards: vec4f,
    irradiance: vec4f,
}

struct Box {
    clip_from_world: mat4x4f,
    texel_m: f32,
    depth_m: f32,
    spare: vec2f,
}

// Points of indirect light: counts along x, y, z, all 0 where there are none.
struct Grid {
    low: vec3f,
    spacing_m: f32,
    counts: vec3f,
    spare: f32,
}

struct Frame {
    clip_from_relative: mat4x4f, // relative: world axes, the eye as origin
    eye: vec4f,
    corner: vec4f,
    across: vec4f,
    down: vec4f,
    terms: array<vec4f, 9>, // dome irradiance over pi
    suns: array<Sun, 4>,
    boxes: array<Box, 12>, // three for each sun, the nearest first
    sun_count: u32,
    lamp_count: u32,
    boxes_per_sun: u32,
    gloss_levels: u32,
    grids: array<Grid, 2>, // fine, coarse
}

// Panorama coordinates of a direction: the middle column looks along +Y, the first row up.
fn panorama_uv(look: vec3f) -> vec2f {
    let polar = atan2(length(look.xy), look.z);
    return vec2f(atan2(look.x, look.y) / (2.0 * PI) + 0.5, polar / PI);
}
