# SPDX-License-Identifier: MIT OR Apache-2.0
"""The measures themselves, on scenes whose answer is known: each tells good from bad."""

import unittest

import cv2
import numpy as np

import camera
import flow
import frames
import gates
import geometry
import lines

SIZE = (480, 270)
EVERYWHERE = [np.ones((68, 120), bool)]
FAMILY = {name: i for i, pair in enumerate(camera.FAMILIES.values()) for name in pair}


def texture(seed=1, size=SIZE):
    """Gray detail of all sizes."""
    noise = np.random.default_rng(seed).normal(size=(size[1], size[0])).astype(np.float32)
    blurred = sum(cv2.GaussianBlur(noise, None, s) * s for s in (1.5, 3, 6, 12))
    return np.clip(128 + 45 * blurred / blurred.std(), 0, 255).astype(np.uint8)


def shifted(image, x):
    """`image` moved to the right, round and round, by any part of a pixel: by its waves."""
    waves = np.exp(-2j * np.pi * x * np.fft.fftfreq(image.shape[1]))
    moved = np.fft.ifft(np.fft.fft(image.astype(np.float64), axis=1) * waves, axis=1).real
    return np.clip(moved.round(), 0, 255).astype(np.uint8)


def depth():
    """A floor and a ball."""
    ys, xs = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    floor = np.clip(ys / SIZE[1] - 0.4, 0, 1)
    return np.where(np.hypot(xs - 300, ys - 130) < 60, 0.8, floor).astype(np.float32)


def rendered(image, move, size):
    """`image` after a move of `size` (in picture widths): sampled where the move leads back to."""
    field = camera.fields(depth())[FAMILY[move]].reshape(SIZE[1], SIZE[0], 2)
    sign = 1 if move in [pair[0] for pair in camera.FAMILIES.values()] else -1
    return flow.follow(image, (-sign * size * SIZE[0] * field).astype(np.float32))


class Flow(unittest.TestCase):
    def test_amount_is_the_shift_as_a_share_of_the_height(self):
        image = texture()
        for shift in (0.5, 1.5, 4.0):
            found = flow.amount([flow.both(image, shifted(image, shift))], [image])
            self.assertAlmostEqual(found, shift / SIZE[1], delta=0.1 * shift / SIZE[1])

    def test_light_that_flickers_is_not_motion(self):
        image = texture()
        darker = cv2.convertScaleAbs(shifted(image, 1.0), alpha=0.8)
        found = flow.amount([flow.both(image, darker)], [image]) * SIZE[1]
        self.assertAlmostEqual(found, 1.0, delta=0.25)

    def test_flow_counts_where_there_is_something_to_see(self):
        image = texture()
        image[:, 120:] = 90
        self.assertLess(flow.textured(image)[:, 140:].mean(), 0.01)
        found = flow.amount([flow.both(image, shifted(image, 1.0))], [image]) * SIZE[1]
        self.assertAlmostEqual(found, 1.0, delta=0.25)

    def test_flow_that_the_way_back_does_not_confirm_is_not_counted(self):
        image = texture()
        moved = shifted(image, 1.0)
        # Half of it shows something else each time.
        moved[:, 240:] = texture(2)[:, 240:]
        there, back = flow.both(image, moved)
        self.assertLess(flow.confirmed(there, back)[:, 250:].mean(), 0.2)
        found = flow.amount([(there, back)], [image]) * SIZE[1]
        self.assertLess(found, 0.4 * flow.lengths(there)[flow.textured(image)].mean())

    def test_only_what_is_fast_is_dynamic(self):
        def all_over(pixels):
            return np.full((256, 256, 2), pixels, np.float32)

        self.assertTrue(flow.is_dynamic([all_over(6.0)] * 4))
        self.assertFalse(flow.is_dynamic([all_over(3.0)] * 4))
        self.assertFalse(flow.is_dynamic([all_over(3.0)] * 10 + [all_over(9.0)]))

    def test_a_warp_that_explains_the_change_has_little_error(self):
        image, other = texture(1), texture(2)
        moved = shifted(image, 2.0)
        there, back = flow.both(image, moved)
        self.assertLess(flow.warp_error(image, moved, there, back), 0.2)
        none = np.zeros_like(there)
        self.assertGreater(flow.warp_error(image, other, none, none), 0.9)


class Camera(unittest.TestCase):
    def test_each_move_is_seen_for_what_it_is(self):
        image, nearness = texture(), depth()
        for pair in camera.FAMILIES.values():
            for move in pair:
                for size in (0.005, 0.02):
                    f = flow.flow(image, rendered(image, move, size)) / SIZE[0]
                    seen, _ = camera.seen([f[::4, ::4]], [nearness[::4, ::4]], EVERYWHERE)
                    self.assertEqual(seen, move)

    def test_a_truck_with_a_pan_against_it_is_an_orbit(self):
        still = dict.fromkeys(camera.FAMILIES, 0.0)
        self.assertEqual(camera.name({**still, "truck": 3.0, "pan": -2.0}), "orbit")
        self.assertEqual(camera.name({**still, "truck": 3.0, "pan": -1.0}), "truck_right")
        self.assertEqual(camera.name({**still, "truck": 3.0, "pan": 2.0}), "truck_right")
        self.assertEqual(camera.name({**still, "pan": -2.0}), "pan_left")
        self.assertEqual(camera.name({**still, "truck": 3.0, "pan": -2.0, "dolly": 4}), "dolly_in")

    def test_what_moves_by_itself_does_not_change_the_answer(self):
        image = texture()
        after = rendered(image, "pan_right", 0.01)
        after[:50] = shifted(image, 5.0)[:50]
        f = flow.flow(image, after) / SIZE[0]
        self.assertEqual(
            camera.seen([f[::4, ::4]], [depth()[::4, ::4]], EVERYWHERE)[0], "pan_right"
        )


class Geometry(unittest.TestCase):
    STEP = 4

    def places(self, function):
        xs, ys = np.meshgrid(np.arange(0, 484, 4.0), np.arange(0, 274, 4.0))
        places = np.stack(function(xs, ys))
        return places, np.zeros(xs.shape, np.uint8)

    def test_a_picture_as_it_is_has_no_stretch(self):
        grid = self.places(lambda x, y: (x, y))
        self.assertEqual(geometry.stretched(*grid, self.STEP, SIZE), 0)

    def test_what_is_pulled_apart_is_found(self):
        # A fifth of the width shows a fiftieth of the still.
        def pulled(x, y):
            return np.where(x < 96, x / 10, x), y

        share = geometry.stretched(*self.places(pulled), self.STEP, SIZE)
        self.assertAlmostEqual(share, 0.2, delta=0.02)

    def test_what_is_enlarged_too_much_and_what_is_folded_over_is_found(self):
        for function in (lambda x, y: (x / 3, y / 3), lambda x, y: (480 - x, y)):
            self.assertEqual(geometry.stretched(*self.places(function), self.STEP, SIZE), 1)

    def test_an_outline_between_two_layers_is_no_stretch(self):
        places, front = self.places(lambda x, y: (np.where(x < 240, x, x + 40), y))
        self.assertGreater(geometry.stretched(places, front, self.STEP, SIZE), 0)
        front[:, :60] = 1
        self.assertEqual(geometry.stretched(places, front, self.STEP, SIZE), 0)

    def test_repeated_edges_are_found(self):
        at_rest = self.places(lambda x, y: (np.clip(x, 0, 479), np.clip(y, 0, 269)))
        self.assertEqual(geometry.outside(at_rest[0], self.STEP, SIZE), 0)
        beyond = self.places(lambda x, y: (np.clip(x - 48, 0, 479), y))
        self.assertAlmostEqual(geometry.outside(beyond[0], self.STEP, SIZE), 0.1, delta=0.01)

    def test_an_ideal_sampler_moves_the_picture_and_keeps_its_detail(self):
        image = texture(5)
        places, _ = self.places(lambda x, y: (x + 2.5, y))
        found = geometry.resampled(image, places, self.STEP)[:, 20:-20]
        self.assertLess(np.abs(found - shifted(image, -2.5)[:, 20:-20].astype(float)).mean(), 2)
        kept = frames.sharpness(found) / frames.sharpness(image)
        self.assertAlmostEqual(kept, 1, delta=0.1)

    def test_the_amount_is_that_of_the_shift(self):
        before, _ = self.places(lambda x, y: (x, y))
        after, _ = self.places(lambda x, y: (x + 27, y))
        self.assertAlmostEqual(geometry.amount(before, after, SIZE), 0.1)


class Lines(unittest.TestCase):
    def picture(self):
        picture = np.full((SIZE[1], SIZE[0]), 60, np.uint8)
        cv2.line(picture, (60, 40), (400, 90), 220, 5)
        cv2.line(picture, (220, 120), (250, 250), 180, 5)
        return picture

    def bending(self, function):
        xs, ys = np.meshgrid(np.arange(0, 484, 4.0), np.arange(0, 274, 4.0))
        return lines.bending(self.picture(), np.stack(function(xs, ys)), 4)

    def test_lines_stay_straight_when_all_moves_alike(self):
        bends = self.bending(lambda x, y: (0.95 * x - 0.1 * y + 20, 0.1 * x + 0.95 * y - 5))
        self.assertGreater(len(bends), 1)
        self.assertLess(lines.worst(bends), 1e-3)

    def test_what_bends_is_found_by_as_much_as_it_bends(self):
        # Half a wave of 6 pixels over a line of 340.
        bends = self.bending(lambda x, y: (x, y + 6 * np.sin(np.pi * (x - 60) / 340)))
        # The root mean square of half a wave beside its mean line.
        self.assertAlmostEqual(lines.worst(bends), 6 * 0.308 / 340, delta=0.001)


class Frames(unittest.TestCase):
    def clip(self, place):
        image = texture(3, (560, 270))
        return [shifted(image, -place(i))[:, 40:520] for i in range(12)]

    def test_an_even_move_does_not_jitter_and_one_of_whole_pixels_does(self):
        even, _ = frames.jitter(frames.tracks(self.clip(lambda i: 0.45 * i)))
        whole, _ = frames.jitter(frames.tracks(self.clip(lambda i: round(0.45 * i))))
        self.assertLess(even, 0.03)
        self.assertGreater(whole, 0.3)

    def test_a_step_back_is_counted(self):
        _, even = frames.jitter(frames.tracks(self.clip(lambda i: 0.45 * i)))
        self.assertEqual(even, 0)
        _, back = frames.jitter(frames.tracks(self.clip(lambda i: 0.45 * i - (i == 6))))
        self.assertGreater(back, 10)

    def test_a_single_bit_is_a_difference(self):
        one = texture()
        other = one.copy()
        self.assertEqual(frames.largest_difference(one, other), 0)
        other[3, 5] ^= 1
        self.assertEqual(frames.largest_difference(one, other), 1)

    def test_psnr_falls_with_noise(self):
        image = texture()
        self.assertEqual(frames.psnr(image, image), float("inf"))
        noisy = np.clip(image + np.random.default_rng(1).normal(0, 10, image.shape), 0, 255)
        self.assertAlmostEqual(frames.psnr(image, noisy), 28.1, delta=0.5)

    def test_blur_is_less_sharp(self):
        image = texture()
        self.assertLess(
            frames.sharpness(cv2.GaussianBlur(image, None, 2)), 0.7 * frames.sharpness(image)
        )

    def test_flicker_is_found(self):
        image = texture()
        self.assertEqual(frames.steadiness([image] * 3), 1)
        lit = [cv2.convertScaleAbs(image, alpha=a) for a in (1.0, 1.04, 1.0, 1.04)]
        self.assertLess(frames.steadiness(lit), 0.995)
        everywhere = np.ones(image.shape, bool)
        self.assertEqual(frames.light_flicker([image] * 3, everywhere), 0)
        self.assertGreater(frames.light_flicker(lit, everywhere), 0.003)


class Gates(unittest.TestCase):
    def verdict(self, gate, values):
        measures = [gates.Measure(gate, "photo", str(i), v) for i, v in enumerate(values)]
        return gates.verdicts(measures)[0]

    def test_each_limit_lets_through_what_it_should(self):
        bad = {
            "other seed": 0,
            "fit": 20,
            "motion step": 1.01,
            "exact step": 1.01,
            "motion range": 3,
            "camera": 0,
            "steadiness": 0.9,
        }
        good = {
            "fit": 40,
            "motion step": 1.2,
            "exact step": 1.2,
            "motion range": 12,
            "sharpness": 0.9,
        }
        for gate in (g for g in gates.GATES if not g.reported):
            fine = good.get(gate.name, 0 if gate.high is not None else 1)
            self.assertFalse(self.verdict(gate.name, [fine, fine]).failed, gate.name)
            wrong = bad.get(gate.name, 2)
            verdict = self.verdict(gate.name, [fine, wrong])
            self.assertTrue(verdict.failed, gate.name)
            self.assertEqual(verdict.worst.prompt, "1", gate.name)

    def test_a_share_may_fail(self):
        self.assertFalse(self.verdict("camera", [1] * 19 + [0]).failed)
        self.assertEqual(len(self.verdict("camera", [1] * 18 + [0, 0]).failed), 2)


if __name__ == "__main__":
    unittest.main()
