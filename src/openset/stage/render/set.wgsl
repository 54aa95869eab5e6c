// The set's meshes: metallic-roughness surfaces under suns, lamps and dome. Follows frame.wgsl.
// Diffuse light is the meaning shared with the cpu bake; the GGX gloss on top is the gpu's own.

struct Lamp {
    position: vec3f,
    radius_m: f32,
    intensity: vec3f,
    spare: f32,
}

struct Material {
    base: vec3f,
    roughness: f32,
    emission: vec3f,
    metallic: f32,
}

@group(0) @binding(0) var<uniform> frame: Frame;
@group(0) @binding(1) var<storage, read> lamps: array<Lamp>;
@group(0) @binding(3) var glossy_dome: texture_2d<f32>;
@group(0) @binding(4) var panorama_sampler: sampler;
@group(0) @binding(5) var shadow_maps: texture_depth_2d_array;
@group(0) @binding(6) var shadow_sampler: sampler_comparison;
@group(0) @binding(7) var fine_light: texture_3d<f32>;
@group(0) @binding(8) var coarse_light: texture_3d<f32>;

@group(1) @binding(0) var<uniform> material: Material;
@group(1) @binding(1) var base_texture: texture_2d<f32>;
@group(1) @binding(2) var base_sampler: sampler;

struct Corner {
    @invariant @builtin(position) clip: vec4f,
    @location(0) relative: vec3f,
    @location(1) normal: vec3f,
    @location(2) uv: vec2f,
}

@vertex
fn corner(@location(0) point: vec3f, @location(1) normal: vec3f, @location(2) uv: vec2f) -> Corner {
    let relative = point - frame.eye.xyz;
    let down = vec2f(uv.x, 1.0 - uv.y); // a texture's first row is at v = 1
    return Corner(frame.clip_from_relative * vec4f(relative, 1.0), relative, normal, down);
}

struct Surface {
    normal: vec3f,
    view: vec3f,
    facing: f32, // normal . view
    alpha: f32,
    mirror: vec3f, // reflectance seen straight on
}

// One light's diffuse share (irradiance over pi) and its gloss (radiance).
struct Lit {
    diffuse: vec3f,
    gloss: vec3f,
}

// GGX (Walter et al. 2007) with Hammon's visibility (2017) and Schlick's Fresnel, times n.l.
fn gloss(surface: Surface, light: vec3f, nl: f32, alpha: f32) -> vec3f {
    let middle = light + surface.view;
    let shorter = inverseSqrt(dot(middle, middle));
    let nh = min((nl + surface.facing) * shorter, 1.0);
    let a2 = alpha * alpha;
    let spread = nh * nh * (a2 - 1.0) + 1.0;
    let visible = 0.5 / mix(2.0 * nl * surface.facing, nl + surface.facing, alpha);
    let graze = 1.0 - dot(light, middle) * shorter;
    let fresnel = graze * graze * graze * graze * graze;
    let reflected = surface.mirror + (1.0 - surface.mirror) * fresnel;
    return reflected * (a2 / (PI * spread * spread) * visible * nl);
}

// The share of a sun that reaches a point: the first box that holds it, four bilinear comparisons.
fn sunlit(sun: u32, world: vec3f, normal: vec3f) -> f32 {
    let size = f32(textureDimensions(shadow_maps).x);
    for (var k = 0u; k < frame.boxes_per_sun; k++) {
        let layer = sun * frame.boxes_per_sun + k;
        let texel_m = frame.boxes[layer].texel_m;
        let lifted = world + normal * (1.5 * texel_m + 0.002);
        let q = (frame.boxes[layer].clip_from_world * vec4f(lifted, 1.0)).xyz;
        if (max(abs(q.x), abs(q.y)) < 1.0 - 6.0 / size) {
            let uv = vec2f(0.5 + 0.5 * q.x, 0.5 - 0.5 * q.y);
            let depth = q.z + 0.5 * texel_m / frame.boxes[layer].depth_m;
            let near = 0.25 / size;
            let far = 0.75 / size;
            return 0.25 * (textureSampleCompareLevel(shadow_maps, shadow_sampler, uv + vec2f(near, far), layer, depth)
                + textureSampleCompareLevel(shadow_maps, shadow_sampler, uv + vec2f(far, -near), layer, depth)
                + textureSampleCompareLevel(shadow_maps, shadow_sampler, uv + vec2f(-near, -far), layer, depth)
                + textureSampleCompareLevel(shadow_maps, shadow_sampler, uv + vec2f(-far, near), layer, depth));
        }
    }
    return 1.0;
}

fn from_suns(surface: Surface, world: vec3f) -> Lit {
    var lit = Lit(vec3f(0.0), vec3f(0.0));
    for (var k = 0u; k < frame.sun_count; k++) {
        let towards = frame.suns[k].towards.xyz;
        let nl = dot(surface.normal, towards);
        if (nl > 0.0) {
            let arriving = frame.suns[k].irradiance.xyz * sunlit(k, world, surface.normal);
            lit.diffuse += arriving * (nl / PI);
            lit.gloss += arriving * gloss(surface, towards, nl, surface.alpha);
        }
    }
    return lit;
}

fn from_lamps(surface: Surface, world: vec3f) -> Lit {
    var lit = Lit(vec3f(0.0), vec3f(0.0));
    for (var k = 0u; k < frame.lamp_count; k++) {
        let offset = lamps[k].position - world;
        let radius = lamps[k].radius_m;
        let squared = max(dot(offset, offset), radius * radius);
        let towards = offset * inverseSqrt(squared);
        let nl = dot(surface.normal, towards);
        if (nl > 0.0) {
            let arriving = lamps[k].intensity / squared;
            lit.diffuse += arriving * (nl / PI);
            // A sphere's highlight is wider and dimmer than a point's (Karis 2013).
            let wider = min(1.0, surface.alpha + 0.5 * radius * inverseSqrt(squared));
            let dimmer = surface.alpha / wider;
            lit.gloss += arriving * (dimmer * dimmer) * gloss(surface, towards, nl, wider);
        }
    }
    return lit;
}

// Dome irradiance over pi on a surface: nine spherical harmonics (Ramamoorthi and Hanrahan 2001).
fn sky_on(n: vec3f) -> vec3f {
    let light = 0.28209479177387814 * frame.terms[0].xyz
        + 0.4886025119029199 * (n.y * frame.terms[1].xyz + n.z * frame.terms[2].xyz + n.x * frame.terms[3].xyz)
        + 1.0925484305920792 * (n.x * n.y * frame.terms[4].xyz + n.y * n.z * frame.terms[5].xyz)
        + 0.31539156525252005 * (3.0 * n.z * n.z - 1.0) * frame.terms[6].xyz
        + 1.0925484305920792 * n.x * n.z * frame.terms[7].xyz
        + 0.5462742152960396 * (n.x * n.x - n.y * n.y) * frame.terms[8].xyz;
    return max(light, vec3f(0.0));
}

// How far inside a grid a point lies, 0 outside to 1 from two cells within.
fn within(grid: Grid, world: vec3f) -> f32 {
    let cell = (world.xy - grid.low.xy) / grid.spacing_m;
    let room = min(cell, grid.counts.xy - 1.0 - cell);
    return clamp(0.5 * min(room.x, room.y), 0.0, 1.0);
}

// A grid's light in front of a surface, half a cell off it so that a wall does not light itself: the three
// sides of the cube of directions that the normal leans to. The fourth number is the open share of the sky.
fn read_grid(light: texture_3d<f32>, grid: Grid, world: vec3f, normal: vec3f) -> vec4f {
    let at = (world - grid.low) / grid.spacing_m + 0.55 * normal;
    let texel = clamp(at, vec3f(0.0), grid.counts - 1.0) + 0.5;
    let whole = vec3f(grid.counts.xy, 6.0 * grid.counts.z);
    let side = select(vec3f(0.0), vec3f(1.0), normal < vec3f(0.0)) + vec3f(0.0, 2.0, 4.0);
    let x = textureSampleLevel(light, panorama_sampler, vec3f(texel.xy, texel.z + side.x * grid.counts.z) / whole, 0.0);
    let y = textureSampleLevel(light, panorama_sampler, vec3f(texel.xy, texel.z + side.y * grid.counts.z) / whole, 0.0);
    let z = textureSampleLevel(light, panorama_sampler, vec3f(texel.xy, texel.z + side.z * grid.counts.z) / whole, 0.0);
    let share = normal * normal;
    return share.x * x + share.y * y + share.z * z;
}

// What the sky and one bounce give a surface (irradiance over pi), and the open share of the sky.
fn around(world: vec3f, normal: vec3f) -> vec4f {
    let coarse = within(frame.grids[1], world);
    let fine = within(frame.grids[0], world);
    var light = vec4f(0.0);
    if (coarse < 1.0) {
        light = vec4f(sky_on(normal), 1.0);
    }
    if (coarse > 0.0 && fine < 1.0) {
        light = mix(light, read_grid(coarse_light, frame.grids[1], world, normal), coarse);
    }
    if (fine > 0.0) {
        light = mix(light, read_grid(fine_light, frame.grids[0], world, normal), fine);
    }
    return light;
}

// The dome mirrored by a rough surface: split sum with Karis's fit of the second factor (2014).
fn dome_gloss(surface: Surface, roughness: f32) -> vec3f {
    let look = reflect(-surface.view, surface.normal);
    let level = roughness * f32(frame.gloss_levels - 1u);
    let radiance = textureSampleLevel(glossy_dome, panorama_sampler, panorama_uv(look), level).rgb;
    let r = roughness * vec4f(-1.0, -0.0275, -0.572, 0.022) + vec4f(1.0, 0.0425, 1.04, -0.04);
    let a = min(r.x * r.x, exp2(-9.28 * surface.facing)) * r.x + r.y;
    let scale = vec2f(-1.04, 1.04) * a + r.zw;
    return radiance * (surface.mirror * scale.x + scale.y);
}

// A highlight smaller than a pixel would glitter: roughness grows with how fast the normal turns from
// pixel to pixel (Tokuyoshi and Kaplanyan 2019).
fn widened(alpha: f32, normal: vec3f) -> f32 {
    let across = dpdx(normal);
    let down = dpdy(normal);
    let turning = 0.25 * (dot(across, across) + dot(down, down));
    return sqrt(min(alpha * alpha + min(2.0 * turning, 0.18), 1.0));
}

@fragment
fn surface(at: Corner) -> @location(0) vec4f {
    let base = material.base * textureSample(base_texture, base_sampler, at.uv).rgb;
    let view = -normalize(at.relative);
    // The smooth normal, on the side of the face that the camera sees.
    var face = cross(dpdx(at.relative), dpdy(at.relative));
    face *= select(-1.0, 1.0, dot(face, view) >= 0.0);
    var normal = normalize(at.normal);
    normal *= select(-1.0, 1.0, dot(face, normal) >= 0.0);
    let alpha = widened(max(material.roughness * material.roughness, 0.002), normal);
    let mirror = mix(vec3f(0.04), base, material.metallic);
    let seen = Surface(normal, view, max(dot(normal, view), 1e-3), alpha, mirror);
    let world = at.relative + frame.eye.xyz;
    let sun = from_suns(seen, world);
    let lamp = from_lamps(seen, world);
    let sky = around(world, normal);
    let diffuse = (base * (1.0 - material.metallic)) * (sun.diffuse + lamp.diffuse + sky.rgb);
    let gloss = sun.gloss + lamp.gloss + sky.a * dome_gloss(seen, material.roughness);
    let radiance = diffuse + gloss + material.emission;
    return vec4f(min(radiance, vec3f(60000.0)), 1.0);
}
