// What every picture of a coast has, whatever the shore type: camera, sun, colours, waterline. All
// of it is drawn at random from the same distributions for every class, so that none of it tells
// the classes apart.
#pragma once

#include <cstdint>

#include "common/random.h"
#include "data/renderers/scene/camera.h"
#include "data/renderers/scene/canvas.h"
#include "data/renderers/scene/place.h"

namespace nas::data::scene {

struct Palette {
  Rgb sediment;  // sand and gravel
  Rgb mud;       // mud, silt, clay
  Rgb stone;
  Rgb concrete;    // also planks
  Rgb vegetation;  // green to straw, by season
  Rgb undergrowth;
  Rgb water;
  Rgb foam;
  Rgb sky;
  Rgb haze;
};

// Points at the sun: (x, z) is a unit vector on the ground, rise the tangent of the elevation.
struct Sun {
  float x = 0;
  float z = 1;
  float rise = 1;
};

struct Shore {
  float origin_x = 0;  // a point of the waterline
  float origin_z = 20;
  float inland_x = 0;  // unit vector from the water to the land
  float inland_z = 1;
  float bend = 0;          // metres that the waterline swings to either side
  float bend_length = 80;  // metres a swing
  float bend_phase = 0;    // 0..1
  float wiggle = 0;        // metres of small irregularities; 0 for straight structures
  uint32_t seed = 0;

  // With level and footprint left at 0.
  Place place(float x, float z) const;
};

struct Setting {
  Camera camera;
  Sun sun;
  Palette palette;
  Shore shore;
  float visibility = 300;  // metres to where haze takes two thirds
  float clouds = 0;        // darkening by cloud shadows, 0..0.5
  uint32_t seed = 0;
};

// The camera is over the water, at least 4 m from land.
Setting random_setting(common::RandomStream& random);

}  // namespace nas::data::scene
