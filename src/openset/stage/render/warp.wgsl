// The straight picture as the lens bends it, exposed, toned, sRGB-encoded and packed: four pixels of a row
// to a word, plane after plane. The tone curve is view.py's, the encoding primitives/colour.py's.

struct Warp {
    width: u32,
    height: u32,
    row_words: u32,
    bent: u32,
    node_step: f32,
    gain: f32,
    straight: vec2f, // size of the straight picture
}

@group(0) @binding(0) var<uniform> warp: Warp;
@group(0) @binding(1) var straight: texture_2d<f32>;
@group(0) @binding(2) var nodes: texture_2d<f32>;
@group(0) @binding(3) var<storage, read_write> planes: array<u32>;

// Where a pixel lies in the straight picture: bilinear between the map's nodes.
fn bent(pixel: vec2f) -> vec2f {
    let at = pixel / warp.node_step;
    let corner = vec2i(floor(at));
    let part = at - floor(at);
    let upper = mix(textureLoad(nodes, corner, 0).xy, textureLoad(nodes, corner + vec2i(1, 0), 0).xy, part.x);
    let lower = mix(textureLoad(nodes, corner + vec2i(0, 1), 0).xy, textureLoad(nodes, corner + vec2i(1, 1), 0).xy, part.x);
    return mix(upper, lower, part.y);
}

fn texel(at: vec2i) -> vec3f {
    return textureLoad(straight, clamp(at, vec2i(0), vec2i(warp.straight) - 1), 0).rgb;
}

// Catmull-Rom weights of the four texels around a fraction 0..1.
fn weights(t: f32) -> vec4f {
    return vec4f(
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    );
}

// The outer two of a row's four texels.
fn outer(at: vec2i, across: vec4f) -> vec3f {
    return texel(at + vec2i(-1, 0)) * across.x + texel(at + vec2i(2, 0)) * across.w;
}

// Bicubic, kept within the four texels in the middle: a lantern must not ring.
fn radiance_at(pixel: vec2f) -> vec3f {
    let at = bent(pixel) - 0.5;
    let corner = vec2i(floor(at));
    let part = at - floor(at);
    let across = weights(part.x);
    let down = weights(part.y);
    let a = texel(corner);
    let b = texel(corner + vec2i(1, 0));
    let c = texel(corner + vec2i(0, 1));
    let d = texel(corner + vec2i(1, 1));
    var sum = down.y * (a * across.y + b * across.z + outer(corner, across));
    sum += down.z * (c * across.y + d * across.z + outer(corner + vec2i(0, 1), across));
    for (var k = 0; k < 4; k++) {
        let column = corner.x + k - 1;
        sum += across[k] * (down.x * texel(vec2i(column, corner.y - 1)) + down.w * texel(vec2i(column, corner.y + 2)));
    }
    return clamp(sum, min(min(a, b), min(c, d)), max(max(a, b), max(c, d)));
}

fn tone(exposed: vec3f) -> vec3f {
    let x = max(exposed, vec3f(0.0));
    let rolled = 0.6 + 0.4 * (1.0 - exp((0.6 - max(x, vec3f(0.6))) / 0.4));
    return select(rolled, x, x <= vec3f(0.6));
}

fn encode(linear: vec3f) -> vec3f {
    let power = 1.055 * pow(max(linear, vec3f(0.0031308)), vec3f(1.0 / 2.4)) - 0.055;
    return select(power, 12.92 * linear, linear <= vec3f(0.0031308));
}

fn code_at(x: u32, y: u32) -> vec3f {
    var radiance: vec3f;
    if (warp.bent == 0u) {
        radiance = texel(vec2i(vec2u(x, y)));
    } else {
        radiance = radiance_at(vec2f(f32(x), f32(y)) + 0.5);
    }
    return encode(tone(radiance * warp.gain));
}

@compute @workgroup_size(8, 8)
fn pack(@builtin(global_invocation_id) id: vec3u) {
    if (id.x >= warp.row_words || id.y >= warp.height) {
        return;
    }
    let last = warp.width - 1u;
    let x = id.x * 4u;
    let a = code_at(x, id.y);
    let b = code_at(min(x + 1u, last), id.y);
    let c = code_at(min(x + 2u, last), id.y);
    let d = code_at(min(x + 3u, last), id.y);
    let plane = warp.row_words * warp.height;
    let word = id.y * warp.row_words + id.x;
    planes[word] = pack4x8unorm(vec4f(a.r, b.r, c.r, d.r));
    planes[plane + word] = pack4x8unorm(vec4f(a.g, b.g, c.g, d.g));
    planes[2u * plane + word] = pack4x8unorm(vec4f(a.b, b.b, c.b, d.b));
}
